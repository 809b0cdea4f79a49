//! A structured document's content as blocks: each group a heading with labels and values under it,
//! long texts as paragraphs.

use varanto_domain::structures::{Content, Field, FieldKind, Structure};

use super::blocks::{Block, Pair, Paper, plain};
use crate::view::{ViewLanguage, filled, in_words, name};

/// A value that is longer stands under its label, over the whole width.
const LONG: usize = 160;

pub(super) fn paper(structure: &Structure, content: &Content<'_>, language: ViewLanguage) -> Paper {
    let mut blocks = Vec::new();
    if let Some(root) = content.member(&structure.root) {
        rows(&structure.fields, root, 2, language, &mut blocks);
    }
    let title = name(&structure.title, language).to_owned();
    Paper { title: Some(title), blocks, ..Paper::default() }
}

/// The rows of a group in the structure's order; `level` is that of the headings of groups in it.
fn rows(
    fields: &[Field],
    content: &Content<'_>,
    level: u8,
    language: ViewLanguage,
    blocks: &mut Vec<Block>,
) {
    let mut pairs = Vec::new();
    for field in fields {
        let entries = filled(field, content);
        let label = name(&field.names, language);
        match &field.kind {
            _ if entries.is_empty() => (),
            FieldKind::Group(below) => {
                flush(&mut pairs, blocks);
                blocks.push(Block::Heading(level, plain(label)));
                for (at, entry) in entries.iter().enumerate() {
                    if at > 0 {
                        blocks.push(Block::Rule);
                    }
                    rows(below, entry, level.saturating_add(1), language, blocks);
                }
            }
            kind => {
                let values: Vec<String> =
                    entries.iter().map(|entry| in_words(field, entry, language)).collect();
                let phrase = matches!(kind, FieldKind::Phrase(_));
                let long =
                    values.iter().any(|value| value.chars().count() > LONG || value.contains('\n'));
                if phrase {
                    flush(&mut pairs, blocks);
                    blocks.extend(values.iter().flat_map(|value| paragraphs(value)));
                } else if long {
                    flush(&mut pairs, blocks);
                    blocks.push(Block::Heading(level.max(3), plain(label)));
                    blocks.extend(values.iter().flat_map(|value| paragraphs(value)));
                } else {
                    let value = plain(&values.join("\n"));
                    pairs.push(Pair { label: plain(label), value });
                }
            }
        }
    }
    flush(&mut pairs, blocks);
}

fn flush(pairs: &mut Vec<Pair>, blocks: &mut Vec<Block>) {
    if !pairs.is_empty() {
        blocks.push(Block::Pairs(std::mem::take(pairs)));
    }
}

/// A text's paragraphs: an empty line parts them.
fn paragraphs(text: &str) -> impl Iterator<Item = Block> {
    let text = text.replace("\r\n", "\n");
    let parts: Vec<Block> = text
        .split("\n\n")
        .filter(|part| !part.trim().is_empty())
        .map(|part| Block::Paragraph(plain(part.trim())))
        .collect();
    parts.into_iter()
}
