//! Methods that a class has from those it derives from.

use super::names::{Names, methods};
use crate::{FunctionKey, Index};

impl Index {
    /// The methods called `method` that classes called `class` have, inherited ones included.
    pub fn methods_of(&self, class: &str, method: &str) -> Vec<FunctionKey> {
        let names = Names::new(self);
        let mut found: Vec<FunctionKey> = Vec::new();
        for source in self.files().filter(|file| !file.generated) {
            let same = source.wiring.types.iter().filter(|fact| fact.path.rsplit('.').next() == Some(class));
            for fact in same {
                let Some(file) = self.number_of(&source.path) else { continue };
                // A derived class's own method comes first.
                let own = methods(source, &fact.path).find(|(_, function)| function.name == method);
                let key = match own {
                    Some((_, function)) => Some(function.key.clone()),
                    None => names.methods(file, &fact.path).into_iter().find_map(|(at, function)| {
                        names.key(at, function).filter(|key| key.path.rsplit('.').next() == Some(method))
                    }),
                };
                found.extend(key.filter(|key| !found.contains(key)));
            }
        }
        found
    }
}
