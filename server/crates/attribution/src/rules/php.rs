//! Names that PHP's instrumentations make of what runs: controllers, middlewares, commands, jobs, messages.

use model::SpanKind;
use smol_str::format_smolstr;
use source::Function;

use crate::{
    Confidence, Rule,
    clues::{Answer, Candidate, Clues, candidate},
    paths::name_segments,
};

/// What the scopes of PHP's instrumentations begin with.
const SCOPE: &str = "io.opentelemetry.contrib.php.";

/// The function that an instrumentation of PHP names in its span.
pub(crate) fn php(clues: &Clues<'_>) -> Answer {
    let Some(framework) = clues.shape.scope.strip_prefix(SCOPE) else { return Answer::Silent };
    let name = clues.shape.name.as_str();
    match (framework, clues.shape.kind) {
        (_, SpanKind::Consumer) => message(clues),
        (_, SpanKind::Internal) if name.starts_with("Command ") => {
            consumers(clues, name.trim_start_matches("Command "))
        }
        ("slim" | "psr15", SpanKind::Internal) => callable(clues, name),
        // A request inside of another one.
        ("symfony", SpanKind::Internal) => match name.split_once(' ') {
            Some((_, controller)) => callable(clues, controller),
            None => Answer::Silent,
        },
        // The route is made of the controller: `ItemController.actionIndex`, `Items.show`.
        ("yii" | "codeigniter", SpanKind::Server) => match clues.get("http.route") {
            Some(route) => controller(clues, route),
            None => Answer::Silent,
        },
        _ => Answer::Silent,
    }
}

/// A job by its class, or a message by its own; taking one from the queue is the worker's own work.
fn message(clues: &Clues<'_>) -> Answer {
    if clues.shape.name.starts_with("receive ") {
        return Answer::Nowhere("the worker's own work on its queue".into());
    }
    let keys = ["messaging.message.job_name", "symfony.messenger.message"];
    match keys.iter().find_map(|key| clues.get(key)) {
        Some(class) => consumers(clues, class),
        None => Answer::Silent,
    }
}

/// What runs under a name: a job, a command, the handlers of a message.
fn consumers(clues: &Clues<'_>, name: &str) -> Answer {
    clues.ask_resolved();
    let name = name.trim_start_matches('\\');
    let named =
        clues.index.consumers().iter().filter(|consumer| consumer.is_named && consumer.name.matches(name));
    let detail = format_smolstr!("runs for {name}");
    let found = named.map(|consumer| candidate(&consumer.handler, detail.clone())).collect();
    clues.found(Rule::Framework, Confidence::Certain, found)
}

/// `Orders::all`, `App\Middleware::process`, `clearTable`.
fn callable(clues: &Clues<'_>, name: &str) -> Answer {
    if name.contains(['{', '@', ' ']) {
        return Answer::Silent;
    }
    let segments = name_segments(name);
    let Some((last, outer)) = segments.split_last() else { return Answer::Silent };
    let found = named(clues, outer.last().map(|class| class.as_str()), last);
    clues.found(Rule::Framework, Confidence::Certain, found)
}

/// `Items.show`, and Yii's `ItemController.update-price` for `actionUpdatePrice`.
fn controller(clues: &Clues<'_>, route: &str) -> Answer {
    let Some((class, method)) = route.split_once('.') else { return Answer::Silent };
    let mut found = named(clues, Some(class), method);
    if found.is_empty() {
        let words = method.split('-').map(|word| {
            let mut characters = word.chars();
            characters.next().map(|first| first.to_uppercase().chain(characters).collect::<String>())
        });
        let action = format!("action{}", words.flatten().collect::<String>());
        found = named(clues, Some(class), &action);
    }
    clues.found(Rule::Framework, Confidence::Likely, found)
}

fn named(clues: &Clues<'_>, class: Option<&str>, method: &str) -> Vec<Candidate> {
    let fits = |function: &&Function| function.receiver.as_deref() == class;
    let functions = clues.functions_named(method).filter(fits);
    functions.map(|function| candidate(&function.key, "named by the framework's instrumentation")).collect()
}
