//! Names of spans that stand in the source.

use expect_test::expect;

use crate::support::check;

#[test]
fn a_literal_names_its_function_and_a_pattern_is_likely() {
    check(
        "//- shop/cart.py
tracer = trace.get_tracer('shop.cart')
def load(id):
    with tracer.start_as_current_span('load cart'):
        with tracer.start_as_current_span(f'load line {id}'):
            pass
@tracer.start_as_current_span('save cart')
def save(): ...
def generic(x):
    tracer.start_span(f'{x} done')
",
        r#"
INTERNAL a "load cart" @shop.cart
INTERNAL a "load line 7" @shop.cart
INTERNAL a "save cart" @shop.cart
INTERNAL a "load line" @shop.cart
INTERNAL a "it is done" @shop.cart
INTERNAL a "load cart" @opentelemetry.instrumentation.flask
INTERNAL a "Load Cart" @shop.cart
"#,
        expect![[r#"
            load cart: certain shop/cart.py:load at line 3 [span-name: this name is given to a span at shop/cart.py:3]
            load line 7: likely shop/cart.py:load at line 4 [span-name: names of this form are given to spans at shop/cart.py:4]
            save cart: certain shop/cart.py:save [span-name: this name is given to a span at shop/cart.py:6]
            load line: none
            it is done: likely shop/cart.py:generic at line 9 [span-name: names of this form are given to spans at shop/cart.py:9]
            load cart: none
            Load Cart: none
        "#]],
    );
}

#[test]
fn one_name_in_several_functions_is_decided_by_the_tracer_or_not_at_all() {
    check(
        "//- shop/cart/store.py
tracer = trace.get_tracer('shop.cart.store')
def save():
    with tracer.start_as_current_span('save'): ...
//- shop/orders/store.py
tracer = trace.get_tracer(__name__)
def save():
    with tracer.start_as_current_span('save'): ...
def archive():
    with tracer.start_as_current_span('move'): ...
def restore():
    with tracer.start_as_current_span('move'): ...
//- tests/test_store.py
def test_save():
    with tracer.start_as_current_span('save'): ...
",
        r#"
INTERNAL a save @shop.cart.store
INTERNAL a save @shop.orders.store
INTERNAL a save @unrelated
INTERNAL a move @shop.orders.store
"#,
        expect![[r#"
            save: certain shop/cart/store.py:save at line 3 [span-name: this name is given to a span at shop/cart/store.py:3]
            save: certain shop/orders/store.py:save at line 3 [span-name: this name is given to a span at shop/orders/store.py:3]
            save: certain shop/orders/store.py:save at line 3 [span-name: this name is given to a span at shop/orders/store.py:3]
            move: possible shop/orders/store.py:archive | shop/orders/store.py:restore [span-name: this name is given to a span at shop/orders/store.py:5]
        "#]],
    );
}

#[test]
fn names_of_another_language_do_not_count() {
    check(
        "//- a.py
def load():
    with tracer.start_as_current_span('load'): ...
//- a.js
function load() { tracer.startActiveSpan('load', (span) => {}); }
",
        r#"
INTERNAL a load @x telemetry.sdk.language=nodejs
INTERNAL a load @logfire
"#,
        expect![[r#"
            load: certain a.js:load [span-name: this name is given to a span at a.js:1]
            load: certain a.py:load at line 2 [span-name: this name is given to a span at a.py:2]
        "#]],
    );
}

#[test]
fn generated_code_is_nobodys_place() {
    check(
        "//- src/a.ts
export function load() { tracer.startActiveSpan('load shelf', (span) => {}); }
//- out/bundle.js
function t() { e.startActiveSpan('load shelf', (e) => {}); }
//# sourceMappingURL=bundle.js.map
",
        r#"INTERNAL a "load shelf" @shop"#,
        expect![[r#"
            load shelf: certain src/a.ts:load [span-name: this name is given to a span at src/a.ts:1]
        "#]],
    );
}

#[test]
fn a_class_that_the_name_holds_decides_between_patterns() {
    check(
        "//- a.py
class Load:
    def run(self):
        with tracer.start_as_current_span(f'{type(self).__name__}.run'): pass
class Store:
    def run(self):
        with tracer.start_as_current_span(f'{type(self).__name__}.run'): pass
",
        "
INTERNAL a Store.run
INTERNAL a Other.run
",
        expect![[r#"
            Store.run: likely a.py:Store.run at line 6 [span-name: names of this form are given to spans at a.py:6]
            Other.run: possible a.py:Load.run | a.py:Store.run [span-name: names of this form are given to spans at a.py:3]
        "#]],
    );
}
