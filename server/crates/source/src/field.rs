//! Children of nodes by the names of their fields. The parser's own look-up compares the name with every field of the
//! grammar, which costs more than all else that a reader asks of a node: here it does so once a name.

use std::{cell::RefCell, collections::HashMap, num::NonZeroU16};

use rustc_hash::FxBuildHasher;
use tree_sitter::{Language, Node};

/// Ids of fields by grammar and name. A name is known by where it stands in the program, which is cheaper to look up
/// than what it says.
type Ids = HashMap<(Language, *const u8, usize), Option<NonZeroU16>, FxBuildHasher>;

thread_local! {
    static IDS: RefCell<Ids> = RefCell::default();
}

/// A child by the name of its field.
pub(crate) trait Field<'t> {
    /// The first child in the field `name`.
    fn field(&self, name: &'static str) -> Option<Node<'t>>;
}

impl<'t> Field<'t> for Node<'t> {
    fn field(&self, name: &'static str) -> Option<Node<'t>> {
        let language = self.language();
        let id = IDS.with_borrow_mut(|ids| {
            let key = ((*language).clone(), name.as_ptr(), name.len());
            *ids.entry(key).or_insert_with(|| language.field_id_for_name(name))
        });
        self.child_by_field_id(id?.get())
    }
}
