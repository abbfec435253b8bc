//! Calls in C# that become spans: HTTP clients, SQL, queues, and methods of the program that pass names on.

use model::SmolStr;
use tree_sitter::Node;

use super::{
    names::{know, qualified_method, qualified_type},
    services, spans,
    syntax::{argument, arguments, path_of, text_of, type_name},
};
use crate::{
    CallKind, CallSite,
    field::Field,
    languages::texts::template_holes,
    walk::{Walk, dotted, position},
    wiring::{Argument, CALLER, Piece, Reference, Text},
};

/// Methods that run SQL: ADO.NET's, Dapper's, Entity Framework's.
const SQL: &[&str] = &[
    "Query",
    "QueryAsync",
    "QueryFirst",
    "QueryFirstAsync",
    "QueryFirstOrDefault",
    "QueryFirstOrDefaultAsync",
    "QuerySingle",
    "QuerySingleAsync",
    "QuerySingleOrDefault",
    "QuerySingleOrDefaultAsync",
    "QueryMultiple",
    "QueryMultipleAsync",
    "QueryUnbufferedAsync",
    "Execute",
    "ExecuteAsync",
    "ExecuteScalar",
    "ExecuteScalarAsync",
    "ExecuteReader",
    "ExecuteReaderAsync",
    "ExecuteSql",
    "ExecuteSqlAsync",
    "ExecuteSqlRaw",
    "ExecuteSqlRawAsync",
    "ExecuteSqlInterpolated",
    "ExecuteSqlInterpolatedAsync",
    "FromSql",
    "FromSqlRaw",
    "FromSqlInterpolated",
    "SqlQuery",
    "SqlQueryRaw",
    "CreateCommand",
    "CommandDefinition",
];

/// What a call speaks: its kind, method and target.
type Found = (CallKind, Option<SmolStr>, Option<Text>);

/// A call or the making of an object.
pub(super) fn call<'t>(walk: &mut Walk<'t>, node: Node<'t>, called: Option<(Option<Node<'t>>, Node<'t>)>) {
    let is_made = node.kind() != "invocation_expression";
    let (object, name_node) = match called {
        Some((object, name)) => (object, name),
        None => match node.field("type") {
            Some(class) if is_made => (None, class),
            _ => return,
        },
    };
    let name = if is_made { type_name(walk, name_node) } else { Some(walk.slice(name_node).into()) };
    let Some(name) = name else { return };
    let last = SmolStr::from(name.rsplit('.').next().unwrap_or(&name));
    if last == "nameof" || spans::started(walk, node, object, &last) {
        return;
    }
    if object.is_none() && !is_made {
        services::configured(walk, node, &last);
    }
    let found = if is_made {
        created(walk, node, &last)
    } else {
        http(walk, node, object, &last)
            .or_else(|| sql(walk, node, &last))
            .or_else(|| messaging(walk, node, object, &last))
    };
    if found.is_none() {
        let callee = match object {
            _ if is_made => Some(dotted(&qualified_type(walk, &name), &last)),
            Some(object) => path_of(walk, object).map(|object| dotted(&object, &last)),
            None => Some(qualified_method(walk, &last)),
        };
        if let Some(callee) = callee {
            know(walk, &callee);
            passes(walk, node, &callee);
        }
    }
    walk.call_site(node, name_node, last, found.unwrap_or((CallKind::Function, None, None)));
}

/// `command.CommandText = "select …"`.
pub(super) fn assigned<'t>(walk: &mut Walk<'t>, node: Node<'t>, left: Node<'t>, right: Node<'t>) {
    let name = match left.kind() {
        "member_access_expression" => left.field("name"),
        "identifier" => Some(left),
        _ => None,
    };
    let Some(name) = name.filter(|name| walk.slice(*name) == "CommandText") else { return };
    let Some(text) = text_of(walk, right) else { return };
    let site = CallSite {
        kind: CallKind::Sql,
        callee: "CommandText".into(),
        method: None,
        target: None,
        function: walk.function_around(),
        position: position(name),
        end: node.end_byte() as u32,
        in_loop: walk.in_loop(),
    };
    walk.draft.call(site, Some(text));
}

/// `new HttpRequestMessage(HttpMethod.Get, "url")`, `new RestRequest("url")`, `new SqlCommand("select …")`.
fn created<'t>(walk: &Walk<'t>, node: Node<'t>, last: &str) -> Option<Found> {
    let list = arguments(walk, node);
    match last {
        "HttpRequestMessage" => {
            let method = argument(&list, "method", 0).and_then(|method| http_method(walk.slice(method)));
            let url = argument(&list, "requestUri", 1).and_then(|url| text_of(walk, url))?;
            Some((CallKind::Http, method, Some(url)))
        }
        "RestRequest" => {
            let method = argument(&list, "method", 1).and_then(|method| http_method(walk.slice(method)));
            let url = text_of(walk, argument(&list, "resource", 0)?)?;
            Some((CallKind::Http, method, Some(template_holes(url))))
        }
        _ if last.ends_with("Command") || last == "CommandDefinition" => {
            let text = text_of(walk, list.first()?.1)?;
            is_sql(&text).then_some((CallKind::Sql, None, Some(text)))
        }
        _ => None,
    }
}

/// `HttpMethod.Get` and `Method.Post` as `GET` and `POST`.
fn http_method(written: &str) -> Option<SmolStr> {
    let last = written.rsplit('.').next()?;
    let verbs = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];
    verbs.into_iter().find(|verb| verb.eq_ignore_ascii_case(last)).map(SmolStr::new_static)
}

/// HttpClient with its extensions, and Flurl on a text.
fn http<'t>(walk: &Walk<'t>, node: Node<'t>, object: Option<Node<'t>>, last: &str) -> Option<Found> {
    let object = object?;
    let method = match last {
        "GetAsync"
        | "GetStringAsync"
        | "GetStreamAsync"
        | "GetByteArrayAsync"
        | "GetFromJsonAsync"
        | "GetFromJsonAsAsyncEnumerable"
        | "GetJsonAsync" => "GET",
        "PostAsync" | "PostAsJsonAsync" | "PostJsonAsync" => "POST",
        "PutAsync" | "PutAsJsonAsync" | "PutJsonAsync" => "PUT",
        "PatchAsync" | "PatchAsJsonAsync" | "PatchJsonAsync" => "PATCH",
        "DeleteAsync" | "DeleteFromJsonAsync" => "DELETE",
        _ => return None,
    };
    let list = arguments(walk, node);
    let on_text = object.kind().contains("string").then_some(object);
    let url = on_text.or_else(|| argument(&list, "requestUri", 0)).and_then(|url| text_of(walk, url))?;
    let is_client = || {
        let written = walk.slice(object).to_lowercase();
        ["client", "http", "api", "rest"].iter().any(|word| written.contains(word))
    };
    // Repositories have a `GetAsync` and a `DeleteAsync`, too.
    let is_plain = matches!(last, "GetAsync" | "PutAsync" | "PatchAsync" | "PostAsync" | "DeleteAsync");
    if is_plain && on_text.is_none() && !is_client() && !looks_like_url(&url) {
        return None;
    }
    Some((CallKind::Http, Some(SmolStr::new_static(method)), Some(url)))
}

fn looks_like_url(url: &Text) -> bool {
    let first = url.0.iter().find_map(|piece| match piece {
        Piece::Literal(text) if !text.is_empty() => Some(text),
        _ => None,
    });
    first.is_some_and(|first| first.contains('/'))
}

fn sql<'t>(walk: &Walk<'t>, node: Node<'t>, last: &str) -> Option<Found> {
    if !SQL.contains(&last) {
        return None;
    }
    let list = arguments(walk, node);
    // Dapper's own extension methods are called on their class, too.
    let texts = list.iter().take(2).filter_map(|(_, argument)| text_of(walk, *argument));
    let text = texts.into_iter().find(is_sql)?;
    Some((CallKind::Sql, None, Some(text)))
}

fn is_sql(text: &Text) -> bool {
    match text.0.first() {
        Some(Piece::Literal(literal)) => crate::sql::looks_like_sql(literal),
        Some(Piece::Name(path)) => {
            path.to_lowercase().contains("sql") || path.to_lowercase().contains("query")
        }
        _ => false,
    }
}

/// Confluent's Kafka, RabbitMQ.
fn messaging<'t>(walk: &Walk<'t>, node: Node<'t>, object: Option<Node<'t>>, last: &str) -> Option<Found> {
    let written = walk.slice(object?).to_lowercase();
    let list = arguments(walk, node);
    let target = match last {
        "Produce" | "ProduceAsync" if written.contains("producer") => argument(&list, "topic", 0),
        "BasicPublish" | "BasicPublishAsync" => argument(&list, "routingKey", 1),
        _ => return None,
    };
    Some((CallKind::Messaging, None, target.and_then(|target| text_of(walk, target))))
}

/// Texts among the arguments: names of spans, if the callee is a helper. Where none is given, the helper may take the
/// caller's name.
fn passes<'t>(walk: &mut Walk<'t>, node: Node<'t>, callee: &SmolStr) {
    let last = callee.rsplit('.').next().unwrap_or(callee);
    if is_noise(last) {
        return;
    }
    let (scope, place) = (walk.scope(), position(node));
    let list = arguments(walk, node);
    let starts = ["Activity", "Span", "Start", "Trac", "Measure", "Operation", "Telemetry", "Instrument"];
    if starts.iter().any(|word| last.contains(word))
        && !list.iter().any(|(_, value)| value.kind().contains("string"))
    {
        let name = Text::literal(spans::caller_name(walk));
        let callee = Reference::local(callee.clone());
        walk.draft.pass(callee, Argument::Key(CALLER.into()), name, scope, None, place);
    }
    for (at, (key, value)) in list.into_iter().enumerate().take(6) {
        if let Some(text) = passed_text(walk, value) {
            let callee = Reference::local(callee.clone());
            let argument = key.map_or(Argument::At(at as u8), |key| Argument::Key(key.into()));
            walk.draft.pass(callee, argument, text, scope, None, place);
        }
    }
}

/// Called everywhere with texts that never name a span.
fn is_noise(name: &str) -> bool {
    const STARTS: &[&str] = &[
        "Log",
        "Write",
        "Append",
        "Throw",
        "Has",
        "Should",
        "Contains",
        "StartsWith",
        "EndsWith",
        "Replace",
        "Split",
        "Join",
        "Parse",
        "SetTag",
        "GetService",
        "GetRequired",
        "GetConnection",
        "AddScoped",
        "AddSingleton",
        "AddTransient",
        "AddOption",
        "WithName",
        "WithTag",
        "WithSummary",
        "WithDescription",
        "WithMessage",
    ];
    const WHOLE: &[&str] = &[
        "Debug",
        "Information",
        "Warning",
        "Error",
        "Fatal",
        "Uri",
        "Guid",
        "Property",
        "Equal",
        "Add",
        "Remove",
        "TryGetValue",
        "Substring",
        "IndexOf",
        "Combine",
        "GetSection",
        "GetValue",
        "Column",
        "HasKey",
    ];
    STARTS.iter().any(|start| name.starts_with(start)) || name.ends_with("Exception") || WHOLE.contains(&name)
}

/// An argument that may be a name: text, a constant, or a parameter that is handed on.
fn passed_text<'t>(walk: &mut Walk<'t>, value: Node<'t>) -> Option<Text> {
    match value.kind() {
        "identifier" | "member_access_expression" => {
            let path = path_of(walk, value)?;
            let is_member = path.contains('.');
            let around = walk.draft.functions.get(walk.scope() as usize);
            let is_parameter = around.is_some_and(|function| function.parameters.contains(&path));
            let root = path.split('.').next().unwrap_or_default();
            let is_constant = is_member && root.starts_with(|c: char| c.is_uppercase());
            if is_constant {
                know(walk, &path);
            }
            (is_constant || is_parameter).then(|| Text::name(path))
        }
        "string_literal"
        | "verbatim_string_literal"
        | "interpolated_string_expression"
        | "binary_expression"
        | "invocation_expression" => text_of(walk, value),
        _ => None,
    }
}
