//! Children of nodes by the names of their fields. The parser's own look-up compares the name with every field of the
//! grammar, which costs more than all else that a reader asks of a node: here it does so once a name.

use std::cell::RefCell;

use tree_sitter::{Language, Node};

/// Places for names; a grammar has fewer fields than that.
const PLACES: usize = 256;

thread_local! {
    static IDS: RefCell<Ids> = RefCell::default();
}

/// Ids of fields of the grammar that was asked about last: files of one language come one after the other.
#[derive(Default)]
struct Ids {
    language: Option<Language>,
    /// A name is known by where it stands in the program, which is cheaper to compare than what it says. Each has one
    /// place; what was there before is asked for again.
    known: Vec<Known>,
}

#[derive(Clone, Copy)]
struct Known {
    name: *const u8,
    length: usize,
    /// 0 when the grammar has no such field.
    id: u16,
}

/// A child by the name of its field.
pub(crate) trait Field<'t> {
    /// The first child in the field `name`.
    fn field(&self, name: &'static str) -> Option<Node<'t>>;
}

impl<'t> Field<'t> for Node<'t> {
    fn field(&self, name: &'static str) -> Option<Node<'t>> {
        let language = self.language();
        let id = IDS.with_borrow_mut(|ids| ids.of(&language, name));
        if id == 0 { None } else { self.child_by_field_id(id) }
    }
}

impl Ids {
    fn of(&mut self, language: &Language, name: &'static str) -> u16 {
        if self.language.as_ref() != Some(language) {
            let nothing = Known { name: std::ptr::null(), length: 0, id: 0 };
            *self = Ids { language: Some(language.clone()), known: vec![nothing; PLACES] };
        }
        let address = name.as_ptr() as usize;
        let Some(place) = self.known.get_mut((address ^ (address >> 8) ^ name.len()) % PLACES) else {
            return 0;
        };
        if place.name != name.as_ptr() || place.length != name.len() {
            let id = language.field_id_for_name(name).map_or(0, u16::from);
            *place = Known { name: name.as_ptr(), length: name.len(), id };
        }
        place.id
    }
}
