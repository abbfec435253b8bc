//! Pins, rejections and the folders of services win over what rules find, and nothing else is lost by them.

use std::sync::Arc;

use attribution::{Folders, Ruling, Rulings, Subject, Table, place_trace};
use expect_test::{Expect, expect};
use source::FunctionKey;

use crate::support::{index, shown, traces};

const PAY: &str = r#"
//- checkout/pay.py
from opentelemetry import trace
tracer = trace.get_tracer("pay")

class Payments:
    def charge(self):
        with tracer.start_as_current_span("charge card"):
            pass

    def refund(self):
        with tracer.start_as_current_span("charge card"):
            pass

def audit():
    pass
//- cart/pay.py
from opentelemetry import trace
tracer = trace.get_tracer("pay")

def charge():
    with tracer.start_as_current_span("charge card"):
        pass

def settle():
    with tracer.start_as_current_span("settle"):
        pass
"#;

fn ruling(service: &str, span: &str, function: &str) -> Ruling {
    let (file, path) = function.split_once(':').unwrap();
    Ruling {
        subject: Subject { service: service.into(), name: span.into(), ..Subject::default() },
        function: FunctionKey { file: file.into(), path: path.into(), nth: 0 },
        said_in: "spanglass.toml:1".into(),
    }
}

fn check(rulings: Rulings, spans: &str, expected: Expect) {
    let index = index(PAY);
    let mut table = Table::default();
    for span in traces(spans).iter().flatten() {
        table.intern(span, &index);
    }
    // Said after the spans came: known shapes follow too.
    table.set_rulings(Arc::new(rulings));
    table.refresh(&index);
    let placed = traces(spans).into_iter().flat_map(|trace| {
        let placements = place_trace(&table, &index, &trace);
        trace.into_iter().zip(placements).map(|(span, it)| format!("{}: {}\n", span.name, shown(&it)))
    });
    expected.assert_eq(&placed.collect::<String>());
}

#[test]
fn a_pin_wins_over_everything_and_touches_no_other_span() {
    let pins = vec![ruling("checkout", "charge card", "checkout/pay.py:audit")];
    check(
        Rulings { pins, ..Rulings::default() },
        "INTERNAL checkout \"charge card\"\nINTERNAL cart \"settle\"\nINTERNAL checkout \"GET /\" asgi.event.type=http.send",
        expect![[r#"
            charge card: certain checkout/pay.py:audit [pinned: pinned in spanglass.toml:1]
            settle: certain cart/pay.py:settle at line 9 [span-name: this name is given to a span at cart/pay.py:9]
            GET /: none [noise: the server's own work on one ASGI message]
        "#]],
    );
}

#[test]
fn of_several_pins_the_one_that_says_most_counts() {
    let loose = ruling("checkout", "GET", "checkout/pay.py:audit");
    let mut exact = ruling("checkout", "GET", "checkout/pay.py:Payments.charge");
    exact.subject.attributes.insert("http.route".into(), "/pay".into());
    check(
        Rulings { pins: vec![exact, loose], ..Rulings::default() },
        "SERVER checkout GET http.route=/pay\nSERVER checkout GET http.route=/other",
        expect![[r#"
            GET: certain checkout/pay.py:Payments.charge [pinned: pinned in spanglass.toml:1]
            GET: certain checkout/pay.py:audit [pinned: pinned in spanglass.toml:1]
        "#]],
    );
}

#[test]
fn a_pin_to_what_is_not_there_is_told_and_changes_nothing() {
    let pins = vec![
        ruling("cart", "settle", "cart/pay.py:Settle"),
        ruling("cart", "settle", "cart/gone.py:settle"),
        ruling("cart", "settle", "cart/pay.py:other"),
    ];
    let rulings = Rulings { pins, ..Rulings::default() };
    assert_eq!(
        rulings.problems(&index(PAY)),
        [
            "spanglass.toml:1: there is no function `Settle` in cart/pay.py; did you mean `settle`?",
            "spanglass.toml:1: cart/gone.py is no file that is read here; correct it, or take it out",
            "spanglass.toml:1: there is no function `other` in cart/pay.py; was it renamed? Correct it, or take it out",
        ]
    );
    check(
        rulings,
        "INTERNAL cart settle",
        expect![[r#"
            settle: certain cart/pay.py:settle at line 9 [span-name: this name is given to a span at cart/pay.py:9]
        "#]],
    );
}

#[test]
fn a_rejected_function_is_never_given_again() {
    let rejections = vec![
        ruling("checkout", "charge card", "checkout/pay.py:Payments.charge"),
        ruling("checkout", "charge card", "cart/pay.py:charge"),
        ruling("cart", "settle", "cart/pay.py:settle"),
        ruling("cart", "SELECT", "cart/pay.py:settle"),
    ];
    check(
        Rulings { rejections, ..Rulings::default() },
        "INTERNAL checkout \"charge card\"\n\
         INTERNAL cart settle\n\
         INTERNAL billing settle\n  CLIENT billing SELECT db.operation=SELECT\n\
         INTERNAL cart settle code.function.name=settle code.file.path=cart/pay.py\n  CLIENT cart SELECT db.operation=SELECT",
        expect![[r#"
            charge card: certain checkout/pay.py:Payments.refund at line 10 [span-name: this name is given to a span at checkout/pay.py:10] [rejected: not checkout/pay.py:Payments.charge, which spanglass.toml:1 rejects]
            settle: none [rejected: not cart/pay.py:settle, which spanglass.toml:1 rejects]
            settle: certain cart/pay.py:settle at line 9 [span-name: this name is given to a span at cart/pay.py:9]
            SELECT: likely cart/pay.py:settle [parent: called while cart/pay.py:settle runs]
            settle: none [rejected: not cart/pay.py:settle, which spanglass.toml:1 rejects]
            SELECT: none
        "#]],
    );
}

#[test]
fn set_folders_decide_and_keep_other_services_out() {
    let set = |folder: &str| Folders { folders: vec![folder.into()], said_in: "spanglass.toml:7".into() };
    let services = [("cart".into(), set("cart")), ("checkout".into(), set("checkout"))].into();
    check(
        Rulings { services, ..Rulings::default() },
        "INTERNAL cart \"charge card\"\n\
         INTERNAL checkout settle\n\
         INTERNAL unknown settle",
        expect![[r#"
            charge card: certain cart/pay.py:charge at line 5 [span-name: this name is given to a span at cart/pay.py:5] [service: the code of cart is in cart, says spanglass.toml:7]
            settle: none [service: the code of checkout is in checkout, says spanglass.toml:7]
            settle: certain cart/pay.py:settle at line 9 [span-name: this name is given to a span at cart/pay.py:9]
        "#]],
    );
}

#[test]
fn what_was_said_and_what_was_learned_is_listed() {
    let index = index(PAY);
    let mut table = Table::default();
    for span in traces("INTERNAL cart settle").iter().flatten() {
        table.intern(span, &index);
    }
    let set = Folders { folders: vec!["checkout".into()], said_in: "spanglass.toml:7".into() };
    let services = [("checkout".into(), set)].into();
    table.set_rulings(Arc::new(Rulings { services, ..Rulings::default() }));
    let listed: Vec<String> = table
        .services()
        .into_iter()
        .map(|it| format!("{} {:?} {:?} {}", it.service, it.folders, it.said_in, it.shapes))
        .collect();
    assert_eq!(listed, ["cart [\"cart\"] None 1", "checkout [\"checkout\"] Some(\"spanglass.toml:7\") 0"]);
}
