// The languages that the server reads. package.json names the same ones for activation and for breakpoints.

export const languages = ["python", "javascript", "javascriptreact", "typescript", "typescriptreact", "rust", "go", "java", "kotlin", "csharp", "php", "cpp", "c", "ruby", "elixir"] as const;

export const documentSelector = languages.map((language) => ({ language, scheme: "file" }));
