//! Code in some languages.

use super::Text;

pub(super) const LANGUAGES: &[(&str, &[Text])] = &[
    ("Rust", RUST),
    ("python", PYTHON),
    ("ts", TYPESCRIPT),
    ("json", JSON),
    ("yaml", YAML),
    ("toml", TOML),
    ("sh", SHELL),
    ("sql", SQL),
    ("html", HTML),
    ("css", CSS),
    ("go", GO),
    ("lua", LUA),
    ("diff", DIFF),
    ("nonsense", &[("an unknown language", "let x = 1", 1), ("nothing", "", 1)]),
];

const RUST: &[Text] = &[
    (
        "a function",
        "/// Adds.\nfn add(a: u64, b: &'a str) -> u64 {\n    let x = 0xff_u64 + 1.5; // more\n    println!(\"a \\\"b\\\" {x}\");\n    Some(x)\n}",
        1,
    ),
    ("an unclosed comment", "/* a\nb", 1),
    ("an unclosed string", "let a = \"b\nlet c = 1;", 1),
    ("a backslash at the end", "\"\\", 1),
    ("letters of all kinds", "let größe = 数(1); 👩‍🚀 fn", 1),
    ("nothing", "", 1),
];
const PYTHON: &[Text] = &[
    (
        "a function",
        "def f(x):\n    \"\"\"Long\n    'text'.\"\"\"\n    return None if x == 'a#b' else 1e5  # why",
        1,
    ),
    ("a sign without a space is none", "a#b", 1),
];
const TYPESCRIPT: &[Text] =
    &[("a function", "export async function f(a: number) { return `a\n${b}` + 'c' + null; /* d */ }", 1)];
const JSON: &[Text] = &[("keys and values", "{\"a\" : [1, -2.5, true, null, \"b\"]}", 1)];
const YAML: &[Text] = &[("keys and values", "a: 1\nb-c: \"d: e\" # f\ng:\n  - yes\n  - http://x", 1)];
const TOML: &[Text] = &[("keys and values", "[a]\nb = 1 # c\nd.e = \"\"\"\nf\"\"\"", 1)];
const SHELL: &[Text] = &[("a script", "#!/bin/sh\nfor f in \"$@\"; do echo $# ${#f} '#no'; done # yes", 1)];
const SQL: &[Text] = &[("in any case", "SELECT count(*) From t WHERE a = 'b -- c' -- d\n", 1)];
const HTML: &[Text] = &[("a page", "<!-- a --><a href=\"b\" onclick='c()'>d</a>", 1)];
const CSS: &[Text] = &[("rules", "/* a */ .b { color: #fff; margin: 0 auto; }", 1)];
const GO: &[Text] = &[("a function", "func f() (int, error) { return `a\nb`, nil } // c", 1)];
const LUA: &[Text] = &[("comments", "--[[ a\nb ]] local x = 1 -- c", 1)];
const DIFF: &[Text] = &[("a change", "--- a\n+++ b\n@@ -1 +1 @@\n same\n-old\n+new\n\nend", 1)];
