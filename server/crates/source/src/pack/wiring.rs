//! How facts that only several files complete are packed: field by field, a variant by its number.

use model::LinePosition;

use super::bytes::{Pack, Reader, Writer};
use crate::{CallKind, FunctionKind, NamePattern, wiring::*};

/// Fields in the order given.
macro_rules! fields {
    ($name:ident { $($field:ident),+ }) => {
        impl Pack for $name {
            fn pack(&self, to: &mut Writer) {
                let $name { $($field),+ } = self;
                $($field.pack(to);)+
            }
            fn unpack(from: &mut Reader<'_>) -> Option<$name> {
                Some($name { $($field: Pack::unpack(from)?),+ })
            }
        }
    };
}

/// Variants by number, each with the values in its parentheses.
macro_rules! variants {
    ($name:ident { $($number:literal => $variant:ident $(($($value:ident),+))?),+ $(,)? }) => {
        impl Pack for $name {
            fn pack(&self, to: &mut Writer) {
                match self {
                    $($name::$variant $(($($value),+))? => {
                        to.number($number);
                        $($($value.pack(to);)+)?
                    })+
                }
            }
            fn unpack(from: &mut Reader<'_>) -> Option<$name> {
                match from.number()? {
                    $($number => {
                        $($(let $value = Pack::unpack(from)?;)+)?
                        Some($name::$variant $(($($value),+))?)
                    })+
                    _ => None,
                }
            }
        }
    };
}

variants!(Piece { 0 => Literal(text), 1 => Name(path), 2 => Hole });
fields!(Reference { module, path });
variants!(Holder {
    0 => Named(scope, reference),
    1 => Result(scope, reference),
    2 => Argument(scope, reference, number),
    3 => Inline(byte, number),
    4 => Parameter(function, number),
    5 => Returned(function),
    6 => Folder(path),
    7 => App,
});
variants!(Handler {
    0 => At(byte),
    1 => Function(function),
    2 => Named(scope, reference),
    3 => Wrapped(maker, arguments),
    4 => First(handlers),
});
fields!(RouteFact { holder, methods, pattern, handler, scope });
fields!(MountFact { parent, child, prefix, scope });
fields!(PrefixFact { holder, prefix, scope });
fields!(Binding { scope, name, value });
variants!(Value { 0 => Import(module, name), 1 => Alias(reference), 2 => Result(reference), 3 => Text(text), 4 => Other });
fields!(TypeFact { path, bases });
fields!(ConsumerFact { name, handler, scope });
fields!(RpcFact { service, method, handler, scope });
variants!(Purpose { 0 => Span, 1 => Http(method), 2 => Sql, 3 => Messaging });
fields!(DeferredFact { purpose, text, scope, function, position });
fields!(HelperFact { purpose, function, parameter, template });
fields!(PassFact { callee, scope, argument, text, forwards, function, position });
variants!(Argument { 0 => At(number), 1 => Key(name), 2 => NameOf(number) });
fields!(DecorationFact { decorator, function });
fields!(ProgramFact { folder, name });
fields!(BaseFact { folder, prefix, names, imported, is_inner });
fields!(Wiring {
    routes,
    mounts,
    prefixes,
    bindings,
    returns,
    types,
    consumers,
    rpcs,
    deferred,
    helpers,
    passes,
    decorations,
    programs,
    bases
});
variants!(NamePattern { 0 => Literal(text), 1 => Pattern(pieces) });
variants!(CallKind { 0 => Function, 1 => Http, 2 => Rpc, 3 => Sql, 4 => Messaging });
variants!(FunctionKind { 0 => Function, 1 => Method, 2 => Closure });

impl Pack for Text {
    fn pack(&self, to: &mut Writer) {
        self.0.pack(to);
    }
    fn unpack(from: &mut Reader<'_>) -> Option<Text> {
        Pack::unpack(from).map(Text)
    }
}

impl Pack for Spot {
    fn pack(&self, to: &mut Writer) {
        to.number(self.0.line);
        to.number(self.0.column);
    }
    fn unpack(from: &mut Reader<'_>) -> Option<Spot> {
        Some(Spot(LinePosition { line: from.number()?, column: from.number()? }))
    }
}
