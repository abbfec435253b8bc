//! Evaluation: watches, hovers, the clipboard, and the debug console with commands of its own.

use std::time::Duration;

use dap_types::{
    requests::{CompletionsArguments, EvaluateArguments},
    responses::{CompletionsResponse, EvaluateResponse},
    types::{CompletionItem, CompletionItemType, EvaluateArgumentsContext, VariablePresentationHintKind},
};
use replay::{
    Arrival, Cause, Direction, Expression, Step, Stride,
    expression::{Datum, Intrinsic},
    wording,
};

use super::inspect::{Counts, read_only};
use crate::{
    client::Client,
    handles::FrameHandle,
    messages,
    player::Player,
    reply::{Answer, Reply},
    wire::Failure,
};

/// Lines that one command prints.
const MAX_LINES: usize = 200;

/// Commands of the console and what they do; `help` prints this.
const COMMANDS: &[(&str, &str)] = &[
    ("help", "this list"),
    ("where", "what happens at this moment"),
    ("at TIME", "go to a time since the start of the trace: at 120ms"),
    ("goto #N", "go to a moment by its number"),
    ("next error", "go to the next exception or failed span"),
    ("previous error", "go to the one before"),
    ("rstep", "step into, backwards"),
    ("rnext", "step over, backwards"),
    ("rout", "step out, backwards"),
    ("find EXPRESSION", "list the spans that meet a condition: find duration > 100ms && status = error"),
    ("tree", "the trace as a tree"),
    ("critical", "the spans that decided how long the trace took"),
];

/// `evaluate` in every context.
pub(crate) fn evaluate(player: &mut Player, client: &Client, arguments: &EvaluateArguments) -> Answer {
    let frame = player.frame(arguments.frame_id)?;
    let text = arguments.expression.trim();
    let context = arguments.context.as_ref();
    if matches!(context, Some(EvaluateArgumentsContext::Repl))
        && let Some(answer) = command(player, client, text)
    {
        return answer;
    }
    let expression = Expression::parse(text).map_err(|error| Failure::quiet(error.to_string()))?;
    if matches!(context, Some(EvaluateArgumentsContext::Clipboard)) {
        let result = player.recording().whole_text(&expression, frame.span, frame.position);
        return Ok(Reply::body(EvaluateResponse { result, ..EvaluateResponse::default() }));
    }
    value(player, client, &expression, frame).ok_or_else(|| {
        // A hover over a name that means nothing must fail, or editors would show the failure as a value.
        Failure::quiet(format!("{} was not recorded here", wording::short(text, 80)))
    })
}

/// Names that could stand where the cursor is.
pub(crate) fn completions(player: &Player, client: &Client, arguments: &CompletionsArguments) -> Reply {
    let column = usize::try_from(arguments.column.saturating_sub(client.first_column)).unwrap_or(0);
    let before: String = arguments.text.chars().take(column).collect();
    let word_start =
        before.rfind(|character: char| character.is_whitespace() || "=<>!&|(){}+*/%^".contains(character));
    let word = before.get(word_start.map_or(0, |at| at + 1)..).unwrap_or_default();
    let starts_line = before.trim_start() == word;
    let commands = COMMANDS.iter().filter(|_| starts_line).map(|(name, does)| {
        let name =
            name.split(|letter: char| letter.is_uppercase() || letter == '#').next().unwrap_or(name).trim();
        (name.to_owned(), (*does).to_owned(), CompletionItemType::Keyword)
    });
    let span = player.frame(arguments.frame_id).ok().map(|frame| frame.span);
    let keys = span.into_iter().flat_map(|span| {
        let sent = player.recording().span(span);
        let of = |scope: &'static str, attributes: &model::Attributes| {
            let pairs = attributes.iter().map(|(key, value)| {
                let value = wording::short(&value.to_string(), 60);
                (format!("{scope}.{key}"), value, CompletionItemType::Property)
            });
            pairs.collect::<Vec<_>>()
        };
        [of("span", &sent.attributes), of("resource", &sent.resource.attributes)].concat()
    });
    let intrinsics = Intrinsic::NAMES
        .iter()
        .filter_map(|(names, _)| names.first())
        .map(|name| ((*name).to_owned(), String::new(), CompletionItemType::Field));
    let fitting = commands.chain(keys).chain(intrinsics).filter(|(name, ..)| name.starts_with(word));
    let length = word.chars().count();
    let item = |(label, detail, kind): (String, String, CompletionItemType)| CompletionItem {
        label,
        detail: Some(detail).filter(|detail| !detail.is_empty()),
        type_field: Some(kind),
        start: i64::try_from(before.chars().count() - length).ok(),
        length: i64::try_from(length).ok(),
        ..CompletionItem::default()
    };
    Reply::body(CompletionsResponse { targets: fitting.take(MAX_LINES).map(item).collect() })
}

fn value(player: &mut Player, client: &Client, expression: &Expression, frame: FrameHandle) -> Option<Reply> {
    let recording = player.session.recording().clone();
    let variable = recording.evaluate(expression, frame.span, frame.position)?;
    let counts =
        variable.inner.as_ref().map(|inner| Counts::of(&recording, client, inner)).unwrap_or_default();
    Some(Reply::body(EvaluateResponse {
        result: variable.value,
        type_field: Some(variable.kind.to_owned()).filter(|kind| client.types && !kind.is_empty()),
        presentation_hint: Some(read_only(VariablePresentationHintKind::Data)),
        variables_reference: variable.inner.map_or(0, |inner| player.handles.container(inner)),
        named_variables: counts.named,
        indexed_variables: counts.indexed,
        memory_reference: None,
    }))
}

/// Runs a command; `None` when the text is none and has to be an expression.
fn command(player: &mut Player, client: &Client, text: &str) -> Option<Answer> {
    let (verb, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    let rest = rest.trim();
    let answer = match (verb, rest) {
        ("help" | "?", "") => Ok(print(&help())),
        ("where", "") => Ok(print(&here(player))),
        ("at" | "seek", time) if !time.is_empty() => seek(player, client, time),
        ("goto", number) if !number.is_empty() => goto(player, client, number),
        ("next", "error") => Ok(to_error(player, client, Direction::Forward)),
        ("previous" | "prev", "error") => Ok(to_error(player, client, Direction::Backward)),
        ("rstep", "") => Ok(step(player, client, Step::backward(Stride::In))),
        ("rnext", "") => Ok(step(player, client, Step::backward(Stride::Over))),
        ("rout", "") => Ok(step(player, client, Step::backward(Stride::Out))),
        ("find", condition) if !condition.is_empty() => find(player, condition),
        ("tree", "") => {
            Ok(print(&player.recording().tree_text(player.session.position(), MAX_LINES).join("\n")))
        }
        ("critical", "") => Ok(print(&critical(player))),
        _ => return None,
    };
    Some(answer)
}

/// Takes a step that the protocol has no request for, and says so to the client.
pub(crate) fn step(player: &mut Player, client: &Client, step: Step) -> Reply {
    let arrival = player.session.step(step, player.session.lane());
    moved(player, client, &arrival)
}

/// Goes to the next failure, when there is one.
pub(crate) fn to_error(player: &mut Player, client: &Client, direction: Direction) -> Reply {
    let arrival = player.session.go_to_error(direction);
    match (arrival.cause, direction) {
        (Cause::EndOfTime(_), Direction::Forward) => print("there is no error after this moment"),
        (Cause::EndOfTime(_), Direction::Backward) => print("there is no error before this moment"),
        _ => moved(player, client, &arrival),
    }
}

/// Goes to a time since the start of the trace.
pub(crate) fn to_offset(player: &mut Player, client: &Client, offset: Duration) -> Reply {
    let position = player.recording().at_offset(offset);
    let arrival = player.session.go_to(position);
    moved(player, client, &arrival)
}

fn moved(player: &mut Player, client: &Client, arrival: &Arrival) -> Reply {
    let events = messages::moved(player, client, arrival);
    print(&here(player)).then_all(events)
}

fn seek(player: &mut Player, client: &Client, time: &str) -> Answer {
    let wrong =
        || Failure::shown(format!("write a time as in `at 120ms`, not `{}`", wording::short(time, 40)));
    // The clock's own spelling has a sign and a space: `+12.304 ms`.
    let time = time.trim_start_matches('+').replace(' ', "");
    let expression = Expression::parse(&time).map_err(|_| wrong())?;
    let recording = player.session.recording().clone();
    let context = replay::expression::Context { recording: &recording, span: 0, position: None };
    match expression.value(&context) {
        Datum::Duration(nanos) => {
            let offset = Duration::from_nanos(u64::try_from(nanos).unwrap_or(0));
            Ok(to_offset(player, client, offset))
        }
        _ => Err(wrong()),
    }
}

fn goto(player: &mut Player, client: &Client, number: &str) -> Answer {
    let wrong =
        || Failure::shown(format!("write a moment as in `goto #12`, not `{}`", wording::short(number, 40)));
    let position = number.trim_start_matches('#').parse().map_err(|_| wrong())?;
    let arrival = player.session.go_to(position);
    Ok(moved(player, client, &arrival))
}

fn find(player: &Player, condition: &str) -> Answer {
    let expression = Expression::parse(condition).map_err(|error| Failure::quiet(error.to_string()))?;
    let recording = player.recording();
    let found: Vec<u32> = recording.matching(&expression).collect();
    let row = |span: &u32| {
        let (start, end) = recording.times(*span);
        format!(
            "#{} {} {} · {} · {}",
            recording.start_of(*span),
            wording::offset(recording.offset(start)),
            recording.frame_name(*span),
            recording.span(*span).service(),
            wording::duration(end.since(start)),
        )
    };
    let mut rows: Vec<String> = found.iter().take(MAX_LINES).map(row).collect();
    match found.len() {
        0 => rows.push("no span meets this condition".to_owned()),
        1 => rows.push("1 span; go to it with `goto #N`".to_owned()),
        many => rows.push(format!("{many} spans; go to one with `goto #N`")),
    }
    Ok(print(&rows.join("\n")))
}

fn critical(player: &Player) -> String {
    let recording = player.recording();
    let path = recording.critical_path();
    let whole = recording.duration().as_secs_f64().max(f64::MIN_POSITIVE);
    let row = |critical: &replay::Critical| {
        let percent = 100.0 * critical.time.as_secs_f64() / whole;
        format!(
            "#{} {:>9} {percent:>3.0} % {}",
            recording.start_of(critical.span),
            wording::duration(critical.time),
            recording.frame_name(critical.span),
        )
    };
    let mut rows: Vec<String> = path.iter().take(MAX_LINES).map(row).collect();
    if path.len() > MAX_LINES {
        rows.push(format!("and {} more", path.len() - MAX_LINES));
    }
    rows.join("\n")
}

fn here(player: &Player) -> String {
    let recording = player.recording();
    let position = player.session.position();
    let time = wording::offset(recording.offset(recording.moment(position).time));
    format!("#{position} of {} · {time} · {}", recording.last(), recording.describe(position))
}

fn help() -> String {
    let commands = COMMANDS.iter().map(|(command, does)| format!("{command:<17} {does}"));
    let rest = "Anything else is an expression: duration, status, span.http.route, parent.name, event.exception.type.";
    commands.chain([rest.to_owned()]).collect::<Vec<_>>().join("\n")
}

fn print(text: &str) -> Reply {
    Reply::body(EvaluateResponse { result: text.to_owned(), ..EvaluateResponse::default() })
}
