//! Values under the names that they have in the source: which attribute is which parameter of the function.

use model::{Attributes, SmolStr, Value};

use crate::{
    places::function_of,
    recording::{Recording, SpanIndex},
};

/// A parameter of the span's function, and the attribute that holds its value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Argument<'a> {
    /// The parameter's name as it stands in the source.
    pub name: &'a str,
    /// The attribute's key.
    pub key: &'a str,
    /// Its value.
    pub value: &'a Value,
}

impl Recording {
    /// The parameters whose values were recorded, in the order of the source.
    pub fn arguments(&self, span: SpanIndex) -> Vec<Argument<'_>> {
        let Some(function) = function_of(&self.index, self.placement(span)) else { return Vec::new() };
        let attributes = &self.span(span).attributes;
        let of_parameter = |name: &SmolStr| {
            let (key, value) = attribute_named(attributes, name)?;
            Some((name.clone(), key, value))
        };
        let found = function.parameters.iter().filter(|name| !name.is_empty());
        found
            .filter_map(|name| of_parameter(name).map(|(_, key, value)| Argument { name, key, value }))
            .collect()
    }

    /// The value of the parameter `name` of the span's function.
    pub fn argument(&self, span: SpanIndex, name: &str) -> Option<&Value> {
        let function = function_of(&self.index, self.placement(span))?;
        function.parameters.iter().find(|parameter| *parameter == name)?;
        attribute_named(&self.span(span).attributes, name).map(|(_, value)| value)
    }
}

/// The one attribute whose key ends with the words of `name`: for `order_id` that is `order_id`, `app.order.id` or
/// `orderId`. `None` when several do and none is exactly it.
fn attribute_named<'a>(attributes: &'a Attributes, name: &str) -> Option<(&'a str, &'a Value)> {
    if let Some(exact) = attributes.iter().find(|(key, _)| *key == name) {
        return Some(exact);
    }
    let wanted = plain(name);
    let mut fitting = attributes.iter().filter(|(key, _)| ends_with_words(key, &wanted));
    let first = fitting.next()?;
    fitting.all(|(key, _)| key == first.0).then_some(first)
}

/// Whether some whole words at the end of `key` are `wanted`.
fn ends_with_words(key: &str, wanted: &str) -> bool {
    let starts = std::iter::once(0).chain(key.match_indices('.').map(|(at, _)| at + 1));
    let mut tails = starts.filter_map(|start| key.get(start..));
    !wanted.is_empty() && tails.any(|tail| plain(tail) == wanted)
}

/// Lower case, without what joins words.
fn plain(name: &str) -> String {
    name.chars().filter(|character| character.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_find_their_attributes() {
        let check = |name: &str, keys: &[&str]| {
            let attributes: Attributes = keys.iter().map(|key| (*key, 1_i64)).collect();
            attribute_named(&attributes, name).map(|(key, _)| key.to_owned())
        };
        assert_eq!(check("order_id", &["http.method", "app.order.id"]).as_deref(), Some("app.order.id"));
        assert_eq!(check("orderId", &["order_id"]).as_deref(), Some("order_id"));
        assert_eq!(check("id", &["user.id", "order.id"]), None);
        assert_eq!(check("id", &["user.id", "id"]).as_deref(), Some("id"));
        assert_eq!(check("d", &["user.id"]), None);
        assert_eq!(check("_", &["user.id"]), None);
    }
}
