//! How functions, span starts and calls are packed: as differences from what stands before them.

use model::{LinePosition, SmolStr, TextRange};

use super::bytes::{Pack, Reader, Writer};
use crate::{
    CallSite, Function, FunctionKey, Language, SourceFile, SpanSite, generated::is_test, wiring::Wiring,
};

/// Puts everything but the wiring.
pub(super) fn pack(file: &SourceFile, to: &mut Writer) {
    to.number(file.language as u32);
    file.broken.pack(to);
    file.generated.pack(to);
    to.number(file.functions.len() as u32);
    let mut before = Mark::default();
    for (index, function) in file.functions.iter().enumerate() {
        pack_function(function, index as u32, &before, to);
        before = Mark::of(function);
    }
    to.number(file.span_sites.len() as u32);
    file.span_sites.iter().for_each(|site| pack_site(site, &file.functions, to));
    if is_test(&file.path) {
        // Nobody is shown what tests call unless an editor holds them open.
        let told: Vec<CallSite> =
            file.call_sites.iter().filter(|call| call.target.is_some()).cloned().collect();
        pack_calls(&told, to);
    } else {
        pack_calls(&file.call_sites, to);
    }
    file.handlers.to_vec().pack(to);
}

/// Takes what [`pack`] put.
pub(super) fn unpack(path: &SmolStr, from: &mut Reader<'_>) -> Option<SourceFile> {
    let language = *Language::ALL.get(from.number()? as usize)?;
    let (broken, generated) = (bool::unpack(from)?, bool::unpack(from)?);
    let (mut before, mut index) = (Mark::default(), 0);
    let functions = from.many(|from| {
        let function = unpack_function(path, index, &before, from)?;
        before = Mark::of(&function);
        index += 1;
        Some(function)
    })?;
    let span_sites = from.many(|from| unpack_site(&functions, from))?;
    let call_sites = unpack_calls(from)?;
    let handlers: Vec<u32> = Pack::unpack(from)?;
    Some(SourceFile {
        path: path.clone(),
        language,
        functions,
        span_sites,
        call_sites,
        broken,
        generated,
        wiring: Box::new(Wiring::default()),
        wiring_fingerprint: 0,
        handlers: handlers.into(),
        keys: Box::default(),
    })
}

/// Where the function before stood.
#[derive(Default)]
struct Mark {
    start: u32,
    line: u32,
}

impl Mark {
    fn of(function: &Function) -> Mark {
        Mark { start: function.range.start, line: function.first_line }
    }
}

fn pack_function(function: &Function, index: u32, before: &Mark, to: &mut Writer) {
    to.text(&function.name);
    let around = function.key.path.strip_suffix(function.name.as_str());
    around.map(SmolStr::from).pack(to);
    if around.is_none() {
        to.text(&function.key.path);
    }
    to.number(u32::from(function.key.nth));
    function.receiver.pack(to);
    function.kind.pack(to);
    function.parameters.pack(to);
    to.number(function.parent.map_or(0, |parent| index - parent));
    to.near(function.range.start, before.start);
    to.near(function.range.end, function.range.start);
    to.near(function.body.start, function.range.start);
    to.near(function.body.end, function.range.end);
    to.near(function.name_range.start, function.range.start);
    to.near(function.name_range.end, function.name_range.start + function.name.len() as u32);
    to.near(function.first_line, before.line);
    to.near(function.name_position.line, function.first_line);
    to.number(function.name_position.column);
    to.near(function.last_line, function.first_line);
    to.number(function.fingerprint);
}

fn unpack_function(file: &SmolStr, index: u32, before: &Mark, from: &mut Reader<'_>) -> Option<Function> {
    let name = from.text()?;
    let path = match Option::<SmolStr>::unpack(from)? {
        Some(around) if around.is_empty() => name.clone(),
        Some(around) => smol_str::format_smolstr!("{around}{name}"),
        None => from.text()?,
    };
    let nth = from.number()?.try_into().ok()?;
    let (receiver, kind, parameters) = (Pack::unpack(from)?, Pack::unpack(from)?, Pack::unpack(from)?);
    let parent = from.number()?;
    let start = from.near(before.start)?;
    let range = TextRange { start, end: from.near(start)? };
    let body = TextRange { start: from.near(start)?, end: from.near(range.end)? };
    let name_start = from.near(start)?;
    let name_range =
        TextRange { start: name_start, end: from.near(name_start.wrapping_add(name.len() as u32))? };
    let first_line = from.near(before.line)?;
    let name_position = LinePosition { line: from.near(first_line)?, column: from.number()? };
    Some(Function {
        key: FunctionKey { file: file.clone(), path, nth },
        name,
        receiver,
        kind,
        range,
        body,
        name_range,
        name_position,
        first_line,
        last_line: from.near(first_line)?,
        fingerprint: from.number()?,
        parameters,
        parent: if parent == 0 { None } else { Some(index.checked_sub(parent)?) },
    })
}

fn pack_site(site: &SpanSite, functions: &[Function], to: &mut Writer) {
    site.name.pack(to);
    let own = functions.iter().position(|function| function.key == site.function);
    to.number(own.unwrap_or_default() as u32);
    to.number(site.position.line);
    to.number(site.position.column);
    site.scope.pack(to);
}

fn unpack_site(functions: &[Function], from: &mut Reader<'_>) -> Option<SpanSite> {
    let name = Pack::unpack(from)?;
    let function = functions.get(from.number()? as usize)?.key.clone();
    let position = LinePosition { line: from.number()?, column: from.number()? };
    Some(SpanSite { name, function, position, scope: Pack::unpack(from)? })
}

/// What a call has beside its name and place, as bits.
const IN_LOOP: u32 = 1;
const WITH_METHOD: u32 = 2;
const WITH_TARGET: u32 = 4;
const KIND: u32 = 8;

/// A column of each field: like stands beside like, which packs best.
fn pack_calls(calls: &[CallSite], to: &mut Writer) {
    to.number(calls.len() as u32);
    calls.iter().for_each(|call| to.text(&call.callee));
    for call in calls {
        let mut bits = call.kind as u32 * KIND;
        bits |= if call.in_loop { IN_LOOP } else { 0 };
        bits |= if call.method.is_some() { WITH_METHOD } else { 0 };
        bits |= if call.target.is_some() { WITH_TARGET } else { 0 };
        to.number(bits);
    }
    let mut before = u32::MAX;
    for call in calls {
        let function = call.function.unwrap_or(u32::MAX);
        to.near(function, before);
        before = function;
    }
    let (mut line, mut end) = (0, 0);
    for call in calls {
        to.near(call.position.line, line);
        line = call.position.line;
    }
    calls.iter().for_each(|call| to.number(call.position.column));
    for call in calls {
        to.near(call.end, end);
        end = call.end;
    }
    for call in calls {
        call.method.iter().for_each(|method| method.pack(to));
        call.target.iter().for_each(|target| target.pack(to));
    }
}

fn unpack_calls(from: &mut Reader<'_>) -> Option<Vec<CallSite>> {
    let callees: Vec<SmolStr> = from.many(Reader::text)?;
    let mut calls = Vec::with_capacity(callees.len());
    let mut bits = Vec::with_capacity(callees.len());
    for callee in callees {
        let flags = from.number()?;
        bits.push(flags);
        let kind = match flags / KIND {
            0 => crate::CallKind::Function,
            1 => crate::CallKind::Http,
            2 => crate::CallKind::Rpc,
            3 => crate::CallKind::Sql,
            4 => crate::CallKind::Messaging,
            _ => return None,
        };
        let position = LinePosition { line: 0, column: 0 };
        let in_loop = flags & IN_LOOP != 0;
        calls.push(CallSite {
            kind,
            callee,
            method: None,
            target: None,
            function: None,
            position,
            end: 0,
            in_loop,
        });
    }
    let mut before = u32::MAX;
    for call in &mut calls {
        before = from.near(before)?;
        call.function = (before != u32::MAX).then_some(before);
    }
    let (mut line, mut end) = (0, 0);
    for call in &mut calls {
        line = from.near(line)?;
        call.position.line = line;
    }
    for call in &mut calls {
        call.position.column = from.number()?;
    }
    for call in &mut calls {
        end = from.near(end)?;
        call.end = end;
    }
    for (call, bits) in calls.iter_mut().zip(bits) {
        if bits & WITH_METHOD != 0 {
            call.method = Some(Pack::unpack(from)?);
        }
        if bits & WITH_TARGET != 0 {
            call.target = Some(Pack::unpack(from)?);
        }
    }
    Some(calls)
}
