//! An annotation with its elements, whichever language it is written in.

use crate::wiring::Text;

/// An annotation: its name without its package, and what stands in its parentheses.
pub(in crate::languages) struct Annotation<'t> {
    pub(in crate::languages) name: &'t str,
    elements: Vec<(&'t str, Vec<Given<'t>>)>,
}

/// One value of an element.
pub(in crate::languages) struct Given<'t> {
    /// As written.
    pub(in crate::languages) word: &'t str,
    /// As text, where it is one.
    pub(in crate::languages) text: Option<Text>,
}

/// Annotations whose elements some rule reads; those of others are not looked into.
const READ: &[&str] = &[
    "ApplicationPath",
    "Client",
    "Controller",
    "DELETE",
    "Delete",
    "DeleteExchange",
    "DeleteMapping",
    "DgsData",
    "DgsMutation",
    "DgsQuery",
    "DgsSubscription",
    "FeignClient",
    "GET",
    "Get",
    "GetExchange",
    "GetMapping",
    "HEAD",
    "Head",
    "HttpExchange",
    "Incoming",
    "JmsListener",
    "KafkaListener",
    "Location",
    "Mutation",
    "MutationMapping",
    "NativeQuery",
    "NewSpan",
    "OPTIONS",
    "Observed",
    "Options",
    "PATCH",
    "POST",
    "PUT",
    "Patch",
    "PatchExchange",
    "PatchMapping",
    "Path",
    "Post",
    "PostExchange",
    "PostMapping",
    "PulsarListener",
    "Put",
    "PutExchange",
    "PutMapping",
    "Query",
    "QueryMapping",
    "Queue",
    "RabbitListener",
    "ReactiveFeignClient",
    "RegisterRestClient",
    "RequestLine",
    "RequestMapping",
    "Resource",
    "SchemaMapping",
    "SqsListener",
    "SubscriptionMapping",
    "Topic",
    "WithSpan",
];

impl<'t> Annotation<'t> {
    /// The annotation `name`, which may have its package before it.
    pub(in crate::languages) fn new(name: &'t str) -> Annotation<'t> {
        Annotation { name: name.rsplit('.').next().unwrap_or(name), elements: Vec::new() }
    }

    /// Whether some rule reads its elements.
    pub(in crate::languages) fn is_read(&self) -> bool {
        Annotation::is_known(self.name) || self.is_like_route()
    }

    /// Whether rules know the annotation `name`.
    pub(super) fn is_known(name: &str) -> bool {
        READ.binary_search(&name).is_ok()
    }

    /// Whether it is called as programs call their own annotations of routes.
    pub(super) fn is_like_route(&self) -> bool {
        self.name.ends_with("Mapping")
            || self.name.ends_with("Endpoint")
            || ["Api", "Get", "Post", "Put", "Delete", "Patch", "Rest"].iter().any(|start| {
                let rest = self.name.strip_prefix(start);
                rest.is_some_and(|rest| rest.starts_with(|c: char| c.is_uppercase()))
            })
    }

    /// Adds values of the element `key`; `value` is what stands there alone.
    pub(in crate::languages) fn add(&mut self, key: &'t str, values: Vec<Given<'t>>) {
        match self.elements.iter_mut().find(|(known, _)| *known == key) {
            Some((_, before)) => before.extend(values),
            None => self.elements.push((key, values)),
        }
    }

    /// The values of the first of several elements that is there.
    pub(in crate::languages) fn values(&self, keys: &[&str]) -> Option<&[Given<'t>]> {
        let element = |key: &&str| self.elements.iter().find(|(known, _)| known == key);
        keys.iter().find_map(element).map(|(_, values)| values.as_slice())
    }

    /// An element of one value as text.
    pub(in crate::languages) fn text(&self, keys: &[&str]) -> Option<Text> {
        match self.values(keys)? {
            [only] => only.text.clone(),
            _ => None,
        }
    }

    /// Whether nothing stands in its parentheses.
    pub(in crate::languages) fn is_bare(&self) -> bool {
        self.elements.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::READ;

    #[test]
    fn names_can_be_searched() {
        assert!(READ.is_sorted());
    }
}
