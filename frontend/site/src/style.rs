//! Bundles the style sheets that `main.css` imports into one minified sheet, and copies the pictures beside them.
//!
//! `main.css` declares the order of the layers and imports each sheet into one of them; other sheets import nothing.

use std::ffi::OsStr;
use std::fmt::Display;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, RwLock};

use anyhow::{Context as _, Error, Result, anyhow};
use lightningcss::error::{Error as CssError, ErrorLocation};
use lightningcss::rules::import::ImportRule;
use lightningcss::rules::layer::LayerBlockRule;
use lightningcss::rules::{CssRule, Location};
use lightningcss::stylesheet::{MinifyOptions, ParserOptions, PrinterOptions, StyleSheet};
use lightningcss::targets::{Browsers, Targets};
use lightningcss::visit_types;
use lightningcss::visitor::{Visit as _, VisitTypes, Visitor};

/// What a page may load besides the style sheet.
const PICTURES: [&str; 4] = ["svg", "ico", "png", "webp"];

/// Returns the oldest supported browsers: those that were current in November 2024, and the extended support release of
/// Firefox then. Others with the engine of Chrome follow it. All have `@layer`, nesting, `light-dark()`, container queries
/// and ranges in media queries, so these stay as they are written; only vendor prefixes are added or removed.
fn targets() -> Targets {
    Targets::from(Browsers {
        chrome: Some(version(131, 0)),
        edge: Some(version(131, 0)),
        firefox: Some(version(128, 0)),
        ios_saf: Some(version(18, 1)),
        safari: Some(version(18, 1)),
        ..Browsers::default()
    })
}

/// Returns a version in the form of `Browsers`: a byte each for major, minor and patch.
fn version(major: u32, minor: u32) -> u32 {
    major << 16 | minor << 8
}

/// Writes `NAME.css` and copies the pictures.
///
/// # Errors
/// If a sheet cannot be read or holds invalid CSS: the message begins with its path, line and column.
pub(crate) fn write(style: &Path, package: &Path, name: &str) -> Result<()> {
    let sheet = bundle(&style.join("main.css"))?;
    let path = package.join(format!("{name}.css"));
    fs::write(&path, sheet).with_context(|| format!("cannot write {}", path.display()))?;

    for entry in fs::read_dir(style).with_context(|| format!("cannot list {}", style.display()))? {
        let entry = entry?;
        let path = entry.path();
        let is_picture =
            path.extension().and_then(OsStr::to_str).is_some_and(|ending| PICTURES.contains(&ending));
        if is_picture {
            fs::copy(&path, package.join(entry.file_name()))
                .with_context(|| format!("cannot copy {}", path.display()))?;
        }
    }
    Ok(())
}

/// Returns `main` with everything it imports, minified.
fn bundle(main: &Path) -> Result<String> {
    let main = Source::read(main)?;
    // All sources first: rules borrow from the text that they were parsed from.
    let imported = main.read_imports()?;
    let mut sheet = main.parse(0)?;
    let imports = sheet.rules.0.iter_mut().filter(|rule| as_import(rule).is_some());
    for ((rule, source), index) in imports.zip(&imported).zip(1..) {
        let parsed = source.parse(index)?;
        if let Some(import) = parsed.rules.0.iter().find_map(as_import) {
            return Err(source.error(import.loc, "only main.css imports, so that it alone gives the order"));
        }
        if let CssRule::Import(ImportRule { layer, loc, .. }) = rule {
            let name = layer.take().flatten();
            *rule = CssRule::LayerBlock(LayerBlockRule { name, rules: parsed.rules, loc: *loc });
        }
        sheet.sources.extend(parsed.sources);
    }

    let targets = targets();
    sheet.minify(MinifyOptions { targets, ..MinifyOptions::default() }).map_err(located)?;
    let printed = sheet.to_css(PrinterOptions { minify: true, targets, ..PrinterOptions::default() });
    Ok(printed.map_err(located)?.code)
}

fn as_import<'a, 'i>(rule: &'a CssRule<'i>) -> Option<&'a ImportRule<'i>> {
    if let CssRule::Import(import) = rule { Some(import) } else { None }
}

/// A style sheet as it was written.
struct Source {
    path: PathBuf,
    text: String,
}

impl Source {
    fn read(path: &Path) -> Result<Self> {
        let text = fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
        Ok(Self { path: path.to_owned(), text })
    }

    /// Reads the sheets that this one imports, in their order.
    fn read_imports(&self) -> Result<Vec<Self>> {
        let sheet = self.parse(0)?;
        sheet.rules.0.iter().filter_map(as_import).map(|import| self.read_import(import)).collect()
    }

    fn read_import(&self, import: &ImportRule<'_>) -> Result<Self> {
        if import.layer.is_none() || import.supports.is_some() || !import.media.media_queries.is_empty() {
            return Err(self.error(import.loc, "expected @import \"FILE\" layer(NAME)"));
        }
        let path = self.path.with_file_name(&*import.url);
        Self::read(&path).map_err(|error| self.error(import.loc, format!("{error:#}")))
    }

    /// Parses the sheet; `index` is its place in the list of sources.
    fn parse(&self, index: u32) -> Result<StyleSheet<'_>> {
        let warnings = Arc::new(RwLock::new(Vec::new()));
        let options = ParserOptions {
            filename: self.path.display().to_string(),
            source_index: index,
            warnings: Some(Arc::clone(&warnings)),
            ..ParserOptions::default()
        };
        let mut sheet = StyleSheet::parse(&self.text, options).map_err(located)?;
        sheet.visit(&mut Conditions).map_err(|at| self.error(at, "expected a condition after @media"))?;
        // Unknown at-rules and selectors would be kept as they are. Browsers ignore them, so here they are misspelt.
        match warnings.write().ok().and_then(|mut found| found.drain(..).next()) {
            Some(warning) => Err(located(warning)),
            None => Ok(sheet),
        }
    }

    fn error(&self, at: Location, message: impl Display) -> Error {
        let at = ErrorLocation::new(at, self.path.display().to_string());
        located(CssError { kind: message, loc: Some(at) })
    }
}

/// Refuses `@media` without a condition. The parser takes a condition that ends too early for none, so that its rules would
/// always apply.
struct Conditions;

impl<'i> Visitor<'i> for Conditions {
    type Error = Location;

    fn visit_types(&self) -> VisitTypes {
        visit_types!(RULES)
    }

    fn visit_rule(&mut self, rule: &mut CssRule<'i>) -> Result<(), Location> {
        match rule {
            CssRule::Media(media) if media.query.media_queries.is_empty() => Err(media.loc),
            rule => rule.visit_children(self),
        }
    }
}

/// Puts the place of an error before its text, in the form that editors follow.
fn located<T: Display>(error: CssError<T>) -> Error {
    match error.loc {
        // Lines are counted from 0, columns from 1.
        Some(at) => anyhow!("{}:{}:{}: {}", at.filename, at.line + 1, at.column, error.kind),
        None => anyhow!("{}", error.kind),
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    const MAIN: &str =
        "@layer base, ui;\n@import \"base.css\" layer(base);\n@import \"ui/button.css\" layer(ui);\n";

    /// Bundles a folder of these files; an error's paths are those in the folder.
    fn bundled(files: &[(&str, &str)]) -> Result<String, String> {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("ui")).unwrap();
        for (name, text) in files {
            fs::write(folder.path().join(name), text).unwrap();
        }
        let place = format!("{}/", folder.path().display());
        bundle(&folder.path().join("main.css")).map_err(|error| format!("{error:#}").replace(&place, ""))
    }

    #[test]
    fn sheets_are_joined_in_their_layers_and_shrink() {
        let base = "/* why */\nbody {\n  color: #ffffff;\n}\n";
        let button = ".button { padding: 0px 4px; }\n.button::after { content: \"  /* text */ \"; }\n";
        let sheet = bundled(&[("main.css", MAIN), ("base.css", base), ("ui/button.css", button)]).unwrap();
        assert_eq!(
            sheet,
            "@layer base{body{color:#fff}}\
             @layer ui{.button{padding:0 4px}.button:after{content:\"  /* text */ \"}}"
        );
    }

    #[test]
    fn an_empty_layer_keeps_its_place_in_the_order() {
        let files = [("main.css", MAIN), ("base.css", ""), ("ui/button.css", ".a { color: red; }")];
        assert_eq!(bundled(&files).unwrap(), "@layer base;@layer ui{.a{color:red}}");
    }

    #[test]
    fn what_supported_browsers_know_is_not_lowered() {
        let base = ":root { color-scheme: light dark; --ink: light-dark(#000, #eee); color: light-dark(#111, #ddd); }\n\
                    .field { container-type: inline-size; & > label { color: red; } &[data-x] { & em { top: 0; } } }\n\
                    @container (width < 30rem) { .field { inset: 0; } }\n\
                    @media (40rem <= width < 60rem) { .field { min-height: 100dvh; } }\n";
        let sheet = bundled(&[("main.css", MAIN), ("base.css", base), ("ui/button.css", "")]).unwrap();
        for kept in [
            "--ink:light-dark(#000,#eee)",
            "color:light-dark(#111,#ddd)",
            "&>label{",
            "&[data-x]{& em{",
            "@container (width<30rem){",
            "@media (40rem<=width<60rem){",
            "inset:0",
            "100dvh",
        ] {
            assert!(sheet.contains(kept), "{kept} in {sheet}");
        }
    }

    #[test]
    fn invalid_css_is_told_with_its_place() {
        let mut wrong = Vec::new();
        for (button, place) in [
            (".button {\n  color red;\n}\n", "ui/button.css:2:8: "),
            (".button { color: red; }\n}\n", "ui/button.css:3:1: "),
            (".button {\n  & > { top: 0; }\n}\n", "ui/button.css:2:"),
            ("\n\n.button:hoover { top: 0; }\n", "ui/button.css:3:"),
            (".button::befor { top: 0; }\n", "ui/button.css:1:"),
            ("a { @media (width <) { top: 0; } }\n", "ui/button.css:1:"),
            ("@laier x { a { top: 0; } }\n", "ui/button.css:1:"),
            ("a { top: 0; }\n@media (width <) { a { top: 0; } }\n", "ui/button.css:2:"),
            (".button { content: \"open; }\n.b {}\n", "ui/button.css:1:"),
        ] {
            let files = [("main.css", MAIN), ("base.css", "a { top: 0; }"), ("ui/button.css", button)];
            match bundled(&files) {
                Err(error) if error.starts_with(place) => {}
                other => wrong.push((button, place, other)),
            }
        }
        assert!(wrong.is_empty(), "{wrong:#?}");
    }

    #[test]
    fn an_import_that_cannot_be_followed_is_told_with_its_place() {
        for (main, base, place) in [
            ("@layer base;\n@import \"none.css\" layer(base);\n", "", "main.css:2:1: cannot read none.css"),
            ("@import \"base.css\";\n", "", "main.css:1:1: expected @import"),
            ("@import \"base.css\" layer(base) print;\n", "", "main.css:1:1: expected @import"),
            (
                "@import \"base.css\" layer(base);\n",
                "\n@import \"ui/button.css\" layer(ui);",
                "base.css:2:1: only main.css",
            ),
            ("a { top: 0; }\n@import \"base.css\" layer(base);\n", "", "main.css:2:"),
        ] {
            let error = bundled(&[("main.css", main), ("base.css", base)]).unwrap_err();
            assert!(error.starts_with(place), "{main}: {error}");
        }
        assert!(bundled(&[]).unwrap_err().starts_with("cannot read main.css"));
    }

    #[test]
    fn the_project_has_no_invalid_sheet() {
        let style = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../style/main.css");
        assert!(bundle(&style).unwrap().starts_with("@layer reset{"));
    }
}
