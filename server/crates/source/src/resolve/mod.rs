//! What files tell only together: routes under their mounts, tasks, remote methods, names passed between files.

mod bases;
mod everywhere;
mod inherited;
mod modules;
mod names;
mod routes;
mod spaces;
mod spans;
mod workers;

use std::collections::{HashMap, HashSet};

use model::SmolStr;

pub(crate) use spaces::{INCLUDE, NAMESPACE};

use crate::{CallSite, FunctionKey, Index, NamePattern, Route, SpanSite, route_table::RouteTable};

/// A function that takes messages from a queue, or runs as a task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Consumer {
    /// The queue's or task's name. When the code gives none it is the module and the function, with dots, from the
    /// workspace's root on: what a sender writes is an end of it.
    pub name: NamePattern,
    /// Whether the code gives the name.
    pub is_named: bool,
    /// Who runs.
    pub handler: FunctionKey,
}

/// A function that answers a remote call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RpcMethod {
    /// The service, last segment, as far as the code tells.
    pub service: SmolStr,
    /// The method, in the spelling of the code.
    pub method: SmolStr,
    /// Who answers.
    pub handler: FunctionKey,
}

/// Where a module may lie, paths relative to the workspace root.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum ModulePath {
    /// This file.
    File(String),
    /// All files of this folder, not deeper: packages of Go and of the JVM.
    Folder(String),
    /// Any file whose path ends so.
    Suffix(String),
    /// The nearest file of the language that declares a type of this name: namespaces of C# are no folders.
    Type(String),
    /// The nearest file of the language with a method of the first name, bound at its top level under the second.
    Member(String, String),
    /// Any file that declares a type or function of this name, in a namespace that ends so: whole when a backslash
    /// stands at its head.
    Declares { name: String, space: String },
    /// An included file that gives a text this name.
    Included(String),
}

/// Everything of that kind, of one index.
#[derive(Debug, Default)]
pub(crate) struct Resolved {
    pub(crate) routes: Vec<Route>,
    pub(crate) route_table: RouteTable,
    pub(crate) consumers: Vec<Consumer>,
    pub(crate) rpcs: Vec<RpcMethod>,
    spans: Vec<SpanSite>,
    spans_by_name: HashMap<SmolStr, Vec<u32>>,
    span_patterns: Vec<u32>,
    calls: Vec<(u32, CallSite)>,
    /// Files from which a position was copied.
    lines_of: HashSet<u32>,
}

/// Completes what the files of `index` state.
pub(crate) fn resolve(index: &Index) -> Resolved {
    let names = names::Names::new(index);
    let mut resolved = Resolved {
        routes: routes::routes(&names),
        consumers: workers::consumers(&names),
        rpcs: workers::rpcs(&names),
        ..Resolved::default()
    };
    resolved.route_table = RouteTable::new(&resolved.routes);
    spans::passed_names(&names, &mut resolved);
    resolved
}

impl Resolved {
    /// Places that start a span of this very name, told by more than one file.
    pub(crate) fn span_sites<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a SpanSite> + use<'a> {
        let known = self.spans_by_name.get(name).map(Vec::as_slice).unwrap_or_default();
        known.iter().filter_map(|at| self.spans.get(*at as usize))
    }

    /// All places whose span's name more than one file tells.
    pub(crate) fn spans(&self) -> &[SpanSite] {
        &self.spans
    }

    /// Places that start a span whose name has holes, told by more than one file.
    pub(crate) fn span_patterns(&self) -> impl Iterator<Item = &SpanSite> {
        self.span_patterns.iter().filter_map(|at| self.spans.get(*at as usize))
    }

    /// Calls whose target more than one file tells, with their file's number.
    pub(crate) fn calls(&self) -> impl Iterator<Item = (u32, &CallSite)> {
        self.calls.iter().map(|(file, call)| (*file, call))
    }

    /// Whether lines of the file numbered so were copied.
    pub(crate) fn depends_on_lines_of(&self, file: u32) -> bool {
        self.lines_of.contains(&file)
    }

    fn add_span(&mut self, file: u32, site: SpanSite) {
        let at = self.spans.len() as u32;
        match &site.name {
            NamePattern::Literal(name) => self.spans_by_name.entry(name.clone()).or_default().push(at),
            NamePattern::Pattern(_) => self.span_patterns.push(at),
        }
        self.lines_of.insert(file);
        self.spans.push(site);
    }

    fn add_call(&mut self, file: u32, call: CallSite) {
        self.lines_of.insert(file);
        self.calls.push((file, call));
    }
}
