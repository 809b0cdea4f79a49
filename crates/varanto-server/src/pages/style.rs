//! The style page: every component of the pages, as they are to be used.

use askama::Template;
use axum::extract::Path;
use axum::response::{IntoResponse, Response};

use super::{Shell, rendered};
use crate::rest::problem::Problem;
use crate::texts::Language;

#[derive(Template)]
#[template(path = "style.html")]
struct StylePage {
    shell: Shell,
    colours: &'static [(&'static str, &'static str)],
}

/// The colours by their name in the style sheet, and what each is for.
const COLOURS: &[(&str, &str)] = &[
    ("brand", "style.brand"),
    ("action", "style.action"),
    ("text", "style.text"),
    ("quiet", "style.quiet"),
    ("depth", "style.depth"),
    ("success", "style.success"),
    ("warning", "style.warning"),
    ("error", "style.error"),
];

/// `GET /fi/style/`.
pub(super) async fn page(Path(language): Path<String>) -> Response {
    let Some(language) = Language::of_path(&language) else {
        return Problem::not_found().into_response();
    };
    let page = StylePage { shell: Shell::new(language, "/style/"), colours: COLOURS };
    rendered(&page, language)
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    const STYLE: &str = include_str!("../../assets/varanto.css");

    /// The values of the colours in one theme.
    fn theme(from: &str) -> HashMap<&'static str, [f64; 3]> {
        let block = STYLE.split_once(from).unwrap().1.split_once('}').unwrap().0;
        let pairs = block.split(';').filter_map(|one| one.trim().split_once(": #"));
        pairs
            .filter_map(|(name, value)| {
                let name = name.rsplit("--").next()?;
                let wide = if value.len() == 3 {
                    value.chars().flat_map(|digit| [digit, digit]).collect()
                } else {
                    value.to_owned()
                };
                let part = |at: usize| u8::from_str_radix(&wide[at..at + 2], 16).unwrap();
                Some((name, [part(0), part(2), part(4)].map(|part| f64::from(part) / 255.0)))
            })
            .collect()
    }

    fn luminance(colour: [f64; 3]) -> f64 {
        let linear = |part: f64| {
            if part <= 0.040_45 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
        };
        let [red, green, blue] = colour.map(linear);
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    }

    /// CIT-1: WCAG 2.1 AA: text stands out from what is behind it by 4.5, edges of fields and focus by 3,
    /// in both themes.
    #[test]
    fn every_colour_stands_out_from_what_is_behind_it() {
        let light = theme(":root {");
        let mut dark = light.clone();
        dark.extend(theme("@media (prefers-color-scheme: dark) { :root {"));
        let pairs = [
            ("text", "paper", 4.5),
            ("text", "depth", 4.5),
            ("text", "raised", 4.5),
            ("quiet", "paper", 4.5),
            ("quiet", "depth", 4.5),
            ("quiet", "raised", 4.5),
            ("link", "paper", 4.5),
            ("link", "depth", 4.5),
            ("link", "raised", 4.5),
            ("on-brand", "brand", 4.5),
            ("on-action", "action", 4.5),
            ("on-action", "action-dark", 4.5),
            ("success-text", "paper", 4.5),
            ("error-text", "paper", 4.5),
            ("error-text", "raised", 4.5),
            ("text", "success-area", 4.5),
            ("text", "warning-area", 4.5),
            ("text", "error-area", 4.5),
            ("text", "notice-area", 4.5),
            ("link", "notice-area", 4.5),
            ("link", "warning-area", 4.5),
            ("field-edge", "paper", 3.0),
            ("field-edge", "raised", 3.0),
            ("focus", "paper", 3.0),
            ("focus", "depth", 3.0),
        ];
        for (name, colours) in [("light", &light), ("dark", &dark)] {
            for (front, back, least) in pairs {
                let (one, other) = (luminance(colours[front]), luminance(colours[back]));
                let contrast = (one.max(other) + 0.05) / (one.min(other) + 0.05);
                assert!(contrast >= least, "{name}: {front} on {back} is {contrast:.2}");
            }
        }
    }
}
