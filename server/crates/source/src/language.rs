//! The languages that are read, and how a path tells which.

/// A language with a grammar and a reader in `languages/`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Language {
    /// Python 3.
    Python,
    /// JavaScript, JSX included.
    JavaScript,
    /// TypeScript.
    TypeScript,
    /// TypeScript with JSX.
    Tsx,
    /// Rust.
    Rust,
    /// Go.
    Go,
    /// Java.
    Java,
    /// Kotlin.
    Kotlin,
    /// C#.
    CSharp,
    /// PHP, the HTML around it included.
    Php,
    /// C++, and C as far as it is C++ too.
    Cpp,
    /// Ruby.
    Ruby,
    /// Elixir.
    Elixir,
}

impl Language {
    /// All of them.
    pub const ALL: [Language; 13] = [
        Language::Python,
        Language::JavaScript,
        Language::TypeScript,
        Language::Tsx,
        Language::Rust,
        Language::Go,
        Language::Java,
        Language::Kotlin,
        Language::CSharp,
        Language::Php,
        Language::Cpp,
        Language::Ruby,
        Language::Elixir,
    ];

    /// The language of a file by its extension; `None` for what is not read.
    pub fn of_path(path: &str) -> Option<Language> {
        let (_, extension) = path.rsplit('/').next()?.rsplit_once('.')?;
        Some(match extension {
            "py" | "pyi" => Language::Python,
            "js" | "mjs" | "cjs" | "jsx" => Language::JavaScript,
            "ts" | "mts" | "cts" => Language::TypeScript,
            "tsx" => Language::Tsx,
            "rs" => Language::Rust,
            "go" => Language::Go,
            "java" => Language::Java,
            "kt" | "kts" => Language::Kotlin,
            "cs" => Language::CSharp,
            "php" | "phtml" => Language::Php,
            "cpp" | "cc" | "cxx" | "c++" | "hpp" | "hh" | "hxx" | "h" | "c" => Language::Cpp,
            "rb" | "rake" | "ru" => Language::Ruby,
            "ex" | "exs" => Language::Elixir,
            _ => return None,
        })
    }

    /// Endings of the files that are read, without the dot: what [`Language::of_path`] knows.
    pub const ENDINGS: &[&str] = &[
        "py", "pyi", "js", "mjs", "cjs", "jsx", "ts", "mts", "cts", "tsx", "rs", "go", "java", "kt", "kts",
        "cs", "php", "phtml", "cpp", "cc", "cxx", "c++", "hpp", "hh", "hxx", "h", "c", "rb", "rake", "ru",
        "ex", "exs",
    ];

    /// The name that editors know it by (LSP's language identifiers).
    pub fn id(self) -> &'static str {
        match self {
            Language::Python => "python",
            Language::JavaScript => "javascript",
            Language::TypeScript => "typescript",
            Language::Tsx => "typescriptreact",
            Language::Rust => "rust",
            Language::Go => "go",
            Language::Java => "java",
            Language::Kotlin => "kotlin",
            Language::CSharp => "csharp",
            Language::Php => "php",
            Language::Cpp => "cpp",
            Language::Ruby => "ruby",
            Language::Elixir => "elixir",
        }
    }

    /// The grammar that parses it.
    pub(crate) fn grammar(self) -> tree_sitter::Language {
        match self {
            Language::Python => tree_sitter_python::LANGUAGE.into(),
            Language::JavaScript => tree_sitter_javascript::LANGUAGE.into(),
            Language::TypeScript => tree_sitter_typescript::LANGUAGE_TYPESCRIPT.into(),
            Language::Tsx => tree_sitter_typescript::LANGUAGE_TSX.into(),
            Language::Rust => tree_sitter_rust::LANGUAGE.into(),
            Language::Go => tree_sitter_go::LANGUAGE.into(),
            Language::Java => tree_sitter_java::LANGUAGE.into(),
            Language::Kotlin => tree_sitter_kotlin_ng::LANGUAGE.into(),
            Language::CSharp => tree_sitter_c_sharp::LANGUAGE.into(),
            Language::Php => tree_sitter_php::LANGUAGE_PHP.into(),
            Language::Cpp => tree_sitter_cpp::LANGUAGE.into(),
            Language::Ruby => tree_sitter_ruby::LANGUAGE.into(),
            Language::Elixir => tree_sitter_elixir::LANGUAGE.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_endings_are_those_that_are_read() {
        let read: Vec<Language> = Language::ENDINGS
            .iter()
            .map(|ending| Language::of_path(&format!("a.{ending}")).expect("it is read"))
            .collect();
        assert!(Language::ALL.iter().all(|language| read.contains(language)));
        let written = include_str!("language.rs").split("fn of_path").nth(1).unwrap_or_default();
        let arms = written.split("_ => return None").next().unwrap_or_default();
        assert_eq!(arms.matches('"').count() / 2, Language::ENDINGS.len());
    }
}
