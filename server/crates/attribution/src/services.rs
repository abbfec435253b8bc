//! Which folder belongs to which service: learned from what is certain, told by manifests; used only to decide between
//! candidates.

use imbl::{HashMap, HashSet, OrdMap};
use model::SmolStr;
use smol_str::format_smolstr;
use source::{Index, Key, program_name};

use crate::{
    Evidence, Rule,
    clues::Candidate,
    paths::is_test,
    rulings::{Rulings, shown_folder},
};

/// One folder must have so many times the shapes of all others together.
const MAJORITY: u32 = 5;

/// In which folder the code of a service lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceFolder {
    /// `service.name`.
    pub service: SmolStr,
    /// The folders; `.` is the workspace.
    pub folders: Vec<SmolStr>,
    /// Where that was said; `None` when it was learned.
    pub said_in: Option<SmolStr>,
    /// Kinds of spans that are certainly placed, and in how many files.
    pub shapes: u32,
    /// See `shapes`.
    pub files: usize,
}

/// Files in which shapes of a service are certainly placed, with how many. Cloning costs a pointer.
#[derive(Clone, Debug, Default)]
pub(crate) struct Services {
    files: HashMap<SmolStr, OrdMap<SmolStr, u32>>,
    /// Services, each with the scope under which its server spans carry routes.
    routed: HashSet<(SmolStr, SmolStr)>,
}

impl Services {
    /// A shape of `service` is certainly placed in `file`.
    pub(crate) fn learn(&mut self, service: &SmolStr, file: &SmolStr) {
        *self.files.entry(service.clone()).or_default().entry(file.clone()).or_default() += 1;
    }

    /// Server spans of `service` under `scope` carry routes; answers whether that is new.
    pub(crate) fn learn_routed(&mut self, service: &SmolStr, scope: &SmolStr) -> bool {
        self.routed.insert((service.clone(), scope.clone())).is_none()
    }

    /// Whether server spans of `service` under `scope` carry routes.
    pub(crate) fn sends_routes(&self, service: &SmolStr, scope: &SmolStr) -> bool {
        self.routed.contains(&(service.clone(), scope.clone()))
    }

    /// It is no more.
    pub(crate) fn unlearn(&mut self, service: &SmolStr, file: &SmolStr) {
        let Some(files) = self.files.get_mut(service) else { return };
        match files.get_mut(file) {
            Some(count) if *count > 1 => *count -= 1,
            _ => drop(files.remove(file)),
        }
    }

    /// What is said in `rulings` or known, by service.
    pub(crate) fn folders(&self, rulings: &Rulings) -> Vec<ServiceFolder> {
        let known = self.files.iter().filter(|(_, files)| !files.is_empty()).map(|(service, _)| service);
        let mut services: Vec<&SmolStr> = known.chain(rulings.services.keys()).collect();
        services.sort_unstable();
        services.dedup();
        let folder_of = |service: &SmolStr| {
            let files = self.files.get(service).cloned().unwrap_or_default();
            let set = rulings.services.get(service);
            let folders = match set {
                Some(set) => set.folders.iter().map(|folder| shown_folder(folder).into()).collect(),
                None => vec![shown_folder(&common_folder(&files)).into()],
            };
            ServiceFolder {
                service: service.clone(),
                folders,
                said_in: set.map(|set| set.said_in.clone()),
                shapes: files.values().sum(),
                files: files.len(),
            }
        };
        services.into_iter().map(folder_of).collect()
    }

    /// Which of `candidates` lies where the service does, if exactly one does: by what is known of the services, else
    /// by a manifest that calls its folder so, else by a folder that is called like this one.
    pub(crate) fn decide(
        &self,
        index: &Index,
        service: &SmolStr,
        rule: Rule,
        candidates: &[Candidate],
    ) -> Option<(usize, Evidence)> {
        let is_known = self.files.get(service).is_some_and(|known| !known.is_empty());
        let mut left: Vec<usize> = (0..candidates.len()).collect();
        let mut why = SmolStr::default();
        while left.len() > 1 {
            let paths: Vec<&str> = left.iter().map(|at| candidates[*at].function.file.as_str()).collect();
            let shared = shared_folder(&paths)?;
            let branch = |path: &str| path[shared..].split('/').next().unwrap_or_default().to_owned();
            let mut branches: Vec<String> = paths.iter().map(|path| branch(path)).collect();
            branches.sort_unstable();
            branches.dedup();
            if branches.len() < 2 {
                return None;
            }
            let prefix = &paths[0][..shared];
            let chosen = self
                .files
                .get(service)
                .and_then(|known| self.most_used(index, service, known, prefix, &branches))
                .or_else(|| self.declared(index, service, &paths, shared))
                .or_else(|| named_like(service, &branches, is_known))
                .or_else(|| holds_named(service, &paths, shared, is_known))?;
            why = format_smolstr!("spans of {service} come from {prefix}{chosen}");
            left.retain(|at| branch(&candidates[*at].function.file) == chosen);
        }
        let only = *left.first()?;
        Some((only, Evidence { rule, detail: why }))
    }

    /// Whether `file` lies in another program than the one that nearly all of what is certain of the service lies in.
    pub(crate) fn is_elsewhere(&self, index: &Index, service: &SmolStr, file: &SmolStr) -> bool {
        // What this very file was taken to show says nothing.
        let Some(known) = self.files.get(service).map(|known| known.without(file)) else { return false };
        known.keys().any(|own| {
            let Some(shared) = shared_folder(&[own, file]) else { return false };
            let branch = |path: &str| path[shared..].split('/').next().unwrap_or_default().to_owned();
            let (own, other) = (branch(own), branch(file));
            let prefix = &file[..shared];
            own != other
                && is_program(index, &format!("{prefix}{other}"))
                && is_program(index, &format!("{prefix}{own}"))
                && self.most_used(index, service, &known, prefix, &[own.clone(), other]) == Some(own)
        })
    }

    /// The one branch with candidates in the folder of a program that a manifest calls like the service. What is known
    /// of the service must not lie in another one.
    fn declared(&self, index: &Index, service: &str, paths: &[&str], shared: usize) -> Option<String> {
        let own = index.programs_called(service);
        if own.is_empty() {
            return None;
        }
        let others: Vec<&SmolStr> = index.program_folders().filter(|folder| !own.contains(folder)).collect();
        let innermost = |folders: &[&SmolStr], path: &str| {
            folders.iter().filter(|folder| is_below(path, folder)).map(|folder| folder.len()).max()
        };
        let is_own = |path: &&&str| innermost(&own, path) > innermost(&others, path);
        let branch = |path: &str| path[shared..].split('/').next().unwrap_or_default().to_owned();
        let mut chosen = paths.iter().filter(is_own).map(|path| branch(path));
        let first = chosen.next()?;
        let prefix = paths.first()?.get(..shared)?;
        let is_known_elsewhere = self.files.get(service).is_some_and(|known| {
            let rest = paths.iter().map(|path| branch(path)).filter(|branch| *branch != first);
            rest.into_iter().any(|branch| count_below(known, &format!("{prefix}{branch}")) > 0)
        });
        (chosen.all(|other| other == first) && !is_known_elsewhere).then_some(first)
    }

    /// The one branch below `prefix` from which nearly all of the service's certain shapes come, where the others are
    /// other programs: another service's spans come from there, or they have an entry point of their own. Within one
    /// program nothing is learned: that one of its folders was not seen yet says nothing.
    fn most_used(
        &self,
        index: &Index,
        service: &str,
        known: &OrdMap<SmolStr, u32>,
        prefix: &str,
        branches: &[String],
    ) -> Option<String> {
        let counts: Vec<u32> =
            branches.iter().map(|branch| count_below(known, &format!("{prefix}{branch}"))).collect();
        let most = counts.iter().copied().max().filter(|most| *most > 0)?;
        let others: u32 = counts.iter().sum::<u32>() - most;
        if others.saturating_mul(MAJORITY) > most {
            return None;
        }
        let at = counts.iter().position(|count| *count == most)?;
        let chosen = format!("{prefix}{}", branches[at]);
        let is_other = |branch: &String| {
            let folder = format!("{prefix}{branch}");
            let mut others = self.files.iter().filter(|(other, _)| *other != service);
            others.any(|(_, files)| count_below(files, &folder) > 0)
                || (is_program(index, &folder) && is_program(index, &chosen))
        };
        let rest = branches.iter().enumerate().filter(|(other, _)| *other != at);
        rest.map(|(_, branch)| branch).all(is_other).then(|| branches[at].clone())
    }
}

/// The innermost folder that holds all of `files`.
fn common_folder(files: &OrdMap<SmolStr, u32>) -> SmolStr {
    let folder = |path: &SmolStr| path.rsplit_once('/').map_or("", |(folder, _)| folder).to_owned();
    let common = files.keys().map(folder).reduce(|common, other| {
        let same = common.split('/').zip(other.split('/')).take_while(|(a, b)| a == b);
        same.map(|(part, _)| part).collect::<Vec<_>>().join("/")
    });
    common.unwrap_or_default().into()
}

fn count_below(files: &OrdMap<SmolStr, u32>, folder: &str) -> u32 {
    let below = files.iter().filter(|(file, _)| {
        file.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    });
    below.map(|(_, count)| *count).sum()
}

fn is_below(path: &str, folder: &str) -> bool {
    folder.is_empty() || path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
}

/// Whether a folder holds a file that programs begin with, at most two folders deep.
fn is_program(index: &Index, folder: &str) -> bool {
    const ENTRIES: &[&str] = &[
        "main.py",
        "app.py",
        "manage.py",
        "wsgi.py",
        "asgi.py",
        "__main__.py",
        "server.js",
        "server.ts",
        "main.js",
        "main.ts",
        "app.js",
        "app.ts",
        "main.rs",
        "lib.rs",
        "main.go",
        "Program.cs",
    ];
    // On the JVM a program begins in any class.
    let is_jvm = |file: &str| [".java", ".kt"].iter().any(|end| file.ends_with(end)) && !is_test(file);
    let mut mains = index.functions_named("main").map(|function| function.key.file.as_str());
    if mains.any(|file| is_jvm(file) && file.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))) {
        return true;
    }
    ENTRIES.iter().any(|name| {
        index.files_with(Key::FileName(name)).any(|file| {
            let inner = file.path.strip_prefix(folder).and_then(|rest| rest.strip_prefix('/'));
            inner.is_some_and(|inner| inner.matches('/').count() <= 2)
        })
    })
}

/// The one branch that is called like the service. Only while nothing is known of where the service lies.
fn named_like(service: &str, branches: &[String], is_known: bool) -> Option<String> {
    if is_known {
        return None;
    }
    let mut same = branches.iter().filter(|branch| program_name(branch) == program_name(service));
    match (same.next(), same.next()) {
        (Some(only), None) => Some(only.clone()),
        _ => None,
    }
}

/// The one branch in which a candidate lies in a folder that is called like the service, however deep. Only while
/// nothing is known of where the service lies.
fn holds_named(service: &str, paths: &[&str], shared: usize, is_known: bool) -> Option<String> {
    if is_known {
        return None;
    }
    let wanted = program_name(service);
    let mut named = paths.iter().filter_map(|path| {
        let inner = &path[shared..];
        let mut folders = inner.split('/').rev().skip(1);
        folders
            .any(|folder| program_name(folder) == wanted)
            .then(|| inner.split('/').next().unwrap_or_default())
    });
    let first = named.next().filter(|_| wanted.len() > 2)?;
    named.all(|other| other == first).then(|| first.to_owned())
}

/// The length of the folder, slash included, that all paths share; `None` when two are the same.
fn shared_folder(paths: &[&str]) -> Option<usize> {
    let first = paths.first()?;
    let mut shared = 0;
    for (at, _) in first.match_indices('/') {
        if paths.iter().all(|path| path.get(..=at) == first.get(..=at)) {
            shared = at + 1;
        } else {
            break;
        }
    }
    Some(shared)
}
