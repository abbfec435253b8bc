//! Attributes by which a framework's instrumentation names the handler.

use model::{SmolStr, SpanKind};
use smol_str::format_smolstr;
use source::{Function, FunctionKind, NamePattern, Pattern};

use crate::{
    Confidence, Rule,
    clues::{Answer, Candidate, Clues, candidate},
    family::Family,
    paths::name_segments,
    rules::{code::whole_name, graphql::graphql, next::next, php::php},
};

/// Handlers named by NestJS, Express and its like, Celery, Phoenix, Spring and Zipkin, Tornado, Falcon, Micrometer.
pub(crate) fn framework(clues: &Clues<'_>) -> Answer {
    [
        next,
        nest,
        node_layer,
        celery,
        php,
        rails,
        rake,
        phoenix,
        live_view,
        class_and_method,
        graphql,
        command,
        named_as_route,
        hot_chocolate,
        job,
    ]
    .iter()
    .map(|rule| rule(clues))
    .find(|answer| *answer != Answer::Silent)
    .unwrap_or(Answer::Silent)
}

/// `nestjs.controller` and `nestjs.callback`; a minified controller's name says nothing, the callback's remains.
fn nest(clues: &Clues<'_>) -> Answer {
    let Some(kind) = clues.get("nestjs.type") else { return Answer::Silent };
    let Some(callback) = clues.get("nestjs.callback") else {
        return Answer::Nowhere(format_smolstr!("NestJS's own work: {kind}"));
    };
    let controller = clues.get("nestjs.controller");
    let of_class = methods(clues, controller, callback);
    if controller.is_some() && !of_class.is_empty() {
        return clues.found(Rule::Framework, Confidence::Certain, of_class);
    }
    // Not the class by name: the route's handlers of that name, else any handler of that name.
    let handlers = handlers_named(clues, callback, clues.get("http.route"));
    clues.found(Rule::Framework, Confidence::Certain, handlers)
}

/// `router.name`, `express.name`, `koa.name`, `hook.callback.name`: the name of the function that ran.
fn node_layer(clues: &Clues<'_>) -> Answer {
    let kinds = ["router.type", "express.type", "koa.type", "fastify.type"];
    let names = ["router.name", "express.name", "koa.name", "hook.callback.name"];
    let Some(kind) = kinds.iter().find_map(|key| clues.get(key)) else { return Answer::Silent };
    let Some(name) = names.iter().find_map(|key| clues.get(key)) else { return Answer::Silent };
    let route = clues.get("http.route");
    let is_handler = matches!(kind, "request_handler" | "request-handler" | "router");
    // Koa's routers name a layer after its path, which may have no slash.
    let is_path = name.starts_with('/') || (clues.get("koa.type") == Some("router") && route == Some(name));
    if matches!(name, "<anonymous>" | "anonymous" | "") || is_path {
        if !is_handler {
            return Answer::Nowhere("a middleware without a name".into());
        }
        return anonymous_handler(clues, route);
    }
    let segments = name_segments(name.trim_start_matches("bound "));
    let Some((last, outer)) = segments.split_last() else { return Answer::Silent };
    let mut found = methods(clues, outer.last().map(SmolStr::as_str), last);
    if outer.is_empty() {
        found.retain(|found| {
            clues.index.function(&found.function).is_some_and(|function| function.receiver.is_none())
        });
    }
    if found.is_empty() {
        return Answer::Nowhere(format_smolstr!("{name} is no function of the workspace"));
    }
    // Several functions of that name: one that handles this route, else one beside its handlers.
    if found.len() > 1 {
        let routed = routed(clues, route);
        let handles = |found: &Candidate| routed.contains(&found.function);
        let beside = |found: &Candidate| routed.iter().any(|key| key.file == found.function.file);
        if found.iter().any(handles) {
            found.retain(handles);
        } else if found.iter().any(beside) {
            found.retain(beside);
        }
    }
    clues.found(Rule::Framework, Confidence::Certain, found)
}

/// Handlers of the route that run without a name: written in place, or made by a wrapper.
fn anonymous_handler(clues: &Clues<'_>, route: Option<&str>) -> Answer {
    let routed = routed(clues, route);
    let is_closure = |key: &source::FunctionKey| {
        clues.index.function(key).is_some_and(|function| function.kind == FunctionKind::Closure)
    };
    let unnamed: Vec<_> = routed.iter().filter(|key| is_closure(key)).collect();
    let chosen = if unnamed.is_empty() { routed.iter().collect() } else { unnamed };
    let method = clues.get("http.request.method");
    let detail = |route: &str| format_smolstr!("handles {} {route}", method.unwrap_or("any method of"));
    let candidates =
        chosen.into_iter().map(|key| candidate(key, detail(route.unwrap_or_default()))).collect();
    clues.found(Rule::Framework, Confidence::Likely, candidates)
}

fn routed(clues: &Clues<'_>, route: Option<&str>) -> Vec<source::FunctionKey> {
    let Some(route) = route else { return Vec::new() };
    let method = clues.get("http.request.method");
    let pattern = Pattern::parse(route);
    let mut routes = clues.routes_equal(&pattern);
    if routes.is_empty() && clues.get("koa.type") == Some("router") && pattern.literals() > 0 {
        // The layer knows the inner router's part only.
        let whole = pattern.segments.len();
        let ending = clues.index.routes_ending(&pattern).filter(|(_, shared)| *shared == whole);
        routes = ending.map(|(route, _)| route).collect();
    }
    let of_method = routes.into_iter().filter(|route| {
        method.is_none_or(|method| route.method.as_deref().is_none_or(|declared| declared == method))
    });
    of_method.map(|route| route.handler.clone()).collect()
}

/// `celery.task_name`, and the task in the names of spans of other task queues.
fn celery(clues: &Clues<'_>) -> Answer {
    let names = ["celery.task_name", "remoulade.actor_name", "taskiq.task_name"];
    let Some(task) = names.iter().find_map(|key| clues.get(key)) else { return Answer::Silent };
    if clues.shape.kind == SpanKind::Producer || clues.get("celery.action") == Some("apply_async") {
        return Answer::Silent;
    }
    clues.ask_resolved();
    let named =
        clues.index.consumers().iter().filter(|consumer| consumer.is_named && consumer.name.matches(task));
    let named: Vec<_> = named
        .map(|consumer| candidate(&consumer.handler, format_smolstr!("the task is named {task:?}")))
        .collect();
    if !named.is_empty() {
        return clues.found(Rule::Framework, Confidence::Certain, named);
    }
    let by_module = clues.index.consumers().iter().filter(|consumer| {
        !consumer.is_named
            && matches!(&consumer.name, NamePattern::Literal(name) if ends_with_segments(name, task))
    });
    let found = by_module
        .map(|consumer| candidate(&consumer.handler, format_smolstr!("{task} is its module and name")));
    let found: Vec<_> = found.collect();
    clues.found(Rule::Framework, Confidence::Certain, found)
}

/// Rails names controller and action by `code.namespace` and `code.function`: the class by its whole name. An action
/// that the controller inherits is left to its route.
fn rails(clues: &Clues<'_>) -> Answer {
    if Family::of_shape(clues.shape) != Some(Family::Ruby) {
        return Answer::Silent;
    }
    let (Some(class), Some(action)) = (clues.get("code.namespace"), clues.get("code.function.name")) else {
        return Answer::Silent;
    };
    whole_name(clues, Rule::Framework, class, action)
}

/// `rake.task`, the task's name with its namespaces.
fn rake(clues: &Clues<'_>) -> Answer {
    let Some(task) = clues.get("rake.task") else { return Answer::Silent };
    clues.ask_resolved();
    let name = format!("rake {task}");
    let tasks = clues.index.consumers().iter().filter(|consumer| consumer.name.matches(&name));
    let found = tasks.map(|task| candidate(&task.handler, format_smolstr!("is the {name}"))).collect();
    clues.found(Rule::Framework, Confidence::Certain, found)
}

/// `phoenix.plug` and `phoenix.action`: a controller's action, else what every plug has. Live views are served by a
/// plug of Phoenix': their route tells which.
fn phoenix(clues: &Clues<'_>) -> Answer {
    let Some(plug) = clues.get("phoenix.plug") else { return Answer::Silent };
    let action = clues.get("phoenix.action").unwrap_or("call").trim_start_matches(':');
    [action, "call"]
        .into_iter()
        .map(|function| whole_name(clues, Rule::Framework, plug, function))
        .find(|answer| *answer != Answer::Silent)
        .unwrap_or(Answer::Silent)
}

/// Spans of a live view are called after the module, what it was asked for, and the event: the clause for that event.
fn live_view(clues: &Clues<'_>) -> Answer {
    if clues.shape.scope != "opentelemetry_phoenix" {
        return Answer::Silent;
    }
    let name = clues.shape.name.as_str();
    let told = clues.span_sites(name).chain(clues.span_patterns(name));
    let of_event = told.filter(|site| site.scope.as_deref() == Some("opentelemetry_phoenix")).take(1);
    let found: Vec<Candidate> =
        of_event.map(|site| candidate(&site.function, format_smolstr!("takes {name}"))).collect();
    if !found.is_empty() {
        return clues.found(Rule::Framework, Confidence::Certain, found);
    }
    let (module, function) = match name.split_once('#') {
        // An event that no clause takes is taken by a hook.
        Some((callback, _)) if callback.ends_with(".handle_event") => return Answer::Silent,
        // A view's function is called like its template: `ShopWeb.CartJSON#show.json`.
        Some((view, template)) => (view, template.split('.').next().unwrap_or(template)),
        None => name.rsplit_once('.').unwrap_or_default(),
    };
    whole_name(clues, Rule::Framework, module, function)
}

/// A class and a method under one of several pairs of keys.
fn class_and_method(clues: &Clues<'_>) -> Answer {
    const PAIRS: &[(&str, &str)] = &[("mvc.controller.class", "mvc.controller.method"), ("class", "method")];
    for (class_key, method_key) in PAIRS {
        let (Some(class), Some(method)) = (clues.get(class_key), clues.get(method_key)) else { continue };
        let class = name_segments(class);
        let method = method.trim_start_matches(':');
        let found = methods(clues, class.last().map(SmolStr::as_str), method);
        return clues.found(Rule::Framework, Confidence::Certain, found);
    }
    let handler = clues.get("tornado.handler").or_else(|| clues.get("falcon.resource"));
    let method = clues.get("http.request.method").map(str::to_lowercase);
    if let (Some(handler), Some(method)) = (handler, method) {
        let class = name_segments(handler);
        let class = class.last().map(SmolStr::as_str);
        let mut found = methods(clues, class, &method);
        found.extend(methods(clues, class, &format!("on_{method}")));
        if let Some(class) = class.filter(|_| found.is_empty()) {
            clues.ask_resolved();
            let inherited = clues.index.methods_of(class, &method).into_iter();
            found.extend(inherited.map(|key| candidate(&key, format_smolstr!("{class} inherits it"))));
        }
        return clues.found(Rule::Framework, Confidence::Certain, found);
    }
    Answer::Silent
}

/// Litestar sends the handler's name as the route, and as the span's name.
fn named_as_route(clues: &Clues<'_>) -> Answer {
    if clues.shape.scope != "opentelemetry.instrumentation.asgi" {
        return Answer::Silent;
    }
    let name = clues.shape.name.as_str();
    let is_name = !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '.');
    if clues.get("http.route") != Some(name) || !is_name {
        return Answer::Silent;
    }
    let segments = name_segments(name);
    let Some((last, outer)) = segments.split_last() else { return Answer::Silent };
    let mut found = handlers_named(clues, last, None);
    if let Some(class) = outer.last() {
        found.retain(|found| {
            let function = clues.index.function(&found.function);
            function.is_some_and(|function| function.receiver.as_ref() == Some(class))
        });
    }
    if let Some(path) = clues.get("url.path").filter(|_| found.len() > 1) {
        let fitting = clues.index.routes_fitting(path);
        let fits = |found: &Candidate| fitting.iter().any(|(route, _)| route.handler == found.function);
        if found.iter().any(fits) {
            found.retain(fits);
        }
    }
    clues.found(Rule::Framework, Confidence::Certain, found)
}

/// A command of a command line: Click calls it by name.
fn command(clues: &Clues<'_>) -> Answer {
    if clues.shape.scope != "opentelemetry.instrumentation.click" {
        return Answer::Silent;
    }
    clues.ask_resolved();
    let name = clues.shape.name.as_str();
    let commands = clues.index.rpc_methods().iter();
    let named = commands.filter(|command| command.service == "click" && command.method == name);
    let found = named.map(|command| candidate(&command.handler, format_smolstr!("the command {name}")));
    clues.found(Rule::Framework, Confidence::Certain, found.collect())
}

/// HotChocolate: `Query.carts` is resolved by `GetCarts`, `CartsAsync` and the like, of a class for that type.
fn hot_chocolate(clues: &Clues<'_>) -> Answer {
    let keys = ["graphql.selection.field.coordinate", "graphql.selection.coordinate"];
    let told = keys.iter().find_map(|key| clues.get(key)).and_then(|told| told.split_once('.'));
    let Some((class, field)) = told else { return Answer::Silent };
    let mut name = field.to_owned();
    if let Some(first) = name.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    let names = [name.clone(), format!("{name}Async"), format!("Get{name}"), format!("Get{name}Async")];
    let found: Vec<&Function> = names.iter().flat_map(|name| clues.functions_named(name)).collect();
    let of = |fits: &dyn Fn(&str) -> bool| -> Vec<Candidate> {
        let own = found.iter().filter(|function| function.receiver.as_deref().is_some_and(fits));
        own.map(|function| candidate(&function.key, format_smolstr!("resolves the field {field}"))).collect()
    };
    let exactly = of(&|receiver| receiver == class);
    let mut candidates = if exactly.is_empty() { of(&|receiver| receiver.contains(class)) } else { exactly };
    if candidates.is_empty() && matches!(class, "Query" | "Mutation" | "Subscription") {
        let plural = class.replace("Query", "Queries");
        candidates = of(&|receiver| receiver.contains(plural.as_str()));
    }
    clues.found(Rule::Framework, Confidence::Likely, candidates)
}

/// Jobs of .NET: Hangfire's spans are called `JOB Class.Method`, Quartz's `execute Job`, by custom the class.
fn job(clues: &Clues<'_>) -> Answer {
    let (name, scope) = (clues.shape.name.as_str(), clues.shape.scope.as_str());
    let hangfire = name.strip_prefix("JOB ").filter(|_| scope.ends_with(".Hangfire"));
    let quartz = name.strip_prefix("execute ").filter(|_| scope.ends_with(".Quartz"));
    if let Some(class) = quartz {
        return clues.found(Rule::Framework, Confidence::Likely, methods(clues, Some(class), "Execute"));
    }
    let segments = name_segments(hangfire.unwrap_or_default());
    let [.., class, method] = segments.as_slice() else { return Answer::Silent };
    clues.found(Rule::Framework, Confidence::Certain, methods(clues, Some(class.as_str()), method))
}

/// Functions called `method`, of the type `class` if one is told.
fn methods(clues: &Clues<'_>, class: Option<&str>, method: &str) -> Vec<Candidate> {
    let fits = |function: &&Function| class.is_none_or(|class| function.receiver.as_deref() == Some(class));
    let functions = clues.functions_named(method).filter(fits);
    functions
        .map(|function| candidate(&function.key, format_smolstr!("named by the framework's instrumentation")))
        .collect()
}

/// Handlers of routes called `callback`; with a route, those of that route.
fn handlers_named(clues: &Clues<'_>, callback: &str, route: Option<&str>) -> Vec<Candidate> {
    clues.ask_resolved();
    let of_route = routed(clues, route);
    let all = clues.index.routing().iter().map(|route| &route.handler);
    let handlers: Vec<&source::FunctionKey> =
        if of_route.is_empty() { all.collect() } else { of_route.iter().collect() };
    let named = handlers.into_iter().filter(|key| key.path.rsplit('.').next() == Some(callback));
    named.map(|key| candidate(key, format_smolstr!("a handler called {callback}"))).collect()
}

fn ends_with_segments(name: &str, end: &str) -> bool {
    name.strip_suffix(end).is_some_and(|before| before.is_empty() || before.ends_with('.'))
}
