//! What an editor is told: lenses, hints, hovers, trees. Pure functions of a snapshot.
