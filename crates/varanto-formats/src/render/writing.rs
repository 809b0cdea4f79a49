//! Sheets become a PDF file: the first page's heading, every page's furniture, tags and bookmarks.

use std::num::{NonZeroU16, NonZeroU32};

use krilla::configure::{Accessibility, Archival, ConfigurationBuilder};
use krilla::destination::XyzDestination;
use krilla::error::KrillaError;
use krilla::geom::{PathBuilder, Point, Rect, Size, Transform};
use krilla::image::Image;
use krilla::metadata::{DateTime, Metadata};
use krilla::num::NormalizedF32;
use krilla::outline::{Outline, OutlineNode};
use krilla::page::PageSettings;
use krilla::paint::Fill;
use krilla::surface::Surface;
use krilla::tagging::{
    Artifact, ArtifactType, ContentTag, Identifier, ListNumbering, Node, TableHeaderScope, Tag,
    TagGroup, TagKind, TagTree,
};
use krilla::text::{GlyphId, KrillaGlyph};
use krilla::{Document, SerializeSettings};
use varanto_domain::faults::Fault;
use varanto_domain::time::FinnishDay;

use super::blocks::{Block, Face, Paper, Picture, PictureKind, plain};
use super::layout::{
    BLUE, Bookmark, Child, Colour, GREY, HAIR, INK, Kind, LEFT, PAGE, Pages, Piece, RIGHT, SMALL,
    TEXT, Tags,
};
use super::{Cover, unprintable};
use crate::view::{ViewLanguage, day_in_words};

/// Writes the file. A picture that the writer cannot take is left out, its description stays.
pub(super) fn write(paper: &Paper, cover: &Cover<'_>, element: &str) -> Result<Vec<u8>, Fault> {
    let mut pictures = true;
    loop {
        let pages = lay_out(paper, cover, pictures);
        if pages.overlong {
            return Err(unprintable(element, "more than 5000 pages"));
        }
        match print(&pages, paper, cover) {
            Ok(bytes) => return Ok(bytes),
            Err(_) if pictures && !pages.pictures.is_empty() => pictures = false,
            Err(error) => return Err(unprintable(element, reason(&error))),
        }
    }
}

fn reason(error: &KrillaError) -> &'static str {
    match error {
        KrillaError::Validation(_) => "what PDF/A may not hold",
        KrillaError::Image(..) => "a picture that cannot be read",
        KrillaError::Limit(_) => "more than a PDF file holds",
        _ => "what cannot be written",
    }
}

fn lay_out(paper: &Paper, cover: &Cover<'_>, pictures: bool) -> Pages {
    let mut pages = Pages::new(pictures);
    heading(&mut pages, paper, cover);
    pages.blocks(&paper.blocks);
    if pages.setter.lacked {
        let note = match cover.language {
            ViewLanguage::Finnish => {
                "Merkki □ on kohdissa, joiden merkkiä tuloste ei voi näyttää. Arkistoitu asiakirja sisältää ne."
            }
            ViewLanguage::Swedish => {
                "Tecknet □ står där utskriften inte kan visa ett tecken. Den arkiverade handlingen innehåller dem."
            }
        };
        pages.blocks(&[Block::Rule, Block::Paragraph(plain(note))]);
    }
    furnish(&mut pages, paper, cover);
    pages
}

fn title<'a>(paper: &'a Paper, cover: &Cover<'a>) -> &'a str {
    let own = paper.title.as_deref().filter(|title| !title.is_empty());
    own.unwrap_or(if cover.title.is_empty() { "–" } else { cover.title })
}

/// The heading of the first page: whose document, of what type and day; then the title.
fn heading(pages: &mut Pages, paper: &Paper, cover: &Cover<'_>) {
    if let Some(logo) = &paper.logo {
        pages.picture(logo, (160.0, 30.0));
    }
    let organisation = paper.organisation.as_deref().unwrap_or(cover.organisation);
    let kind = paper.document_type.as_deref().unwrap_or(cover.document_type);
    let own_date = paper.date.clone();
    let date = own_date.or_else(|| cover.written_on.map(day_in_words)).unwrap_or_default();
    let beside = [(kind, INK), (date.as_str(), GREY)];
    let before = pages.y;
    let room = (RIGHT - LEFT) * 0.56;
    if !organisation.is_empty() {
        let tag = pages.tags.open(Kind::Paragraph);
        let lines = pages.setter.lines(&plain(organisation), Face::Semibold, TEXT + 0.5, room);
        pages.stacked(lines, tag, TEXT + 0.5, INK);
        pages.tags.close();
    }
    let under = std::mem::replace(&mut pages.y, before);
    for (text, colour) in beside.into_iter().filter(|(text, _)| !text.is_empty()) {
        let tag = pages.tags.open(Kind::Paragraph);
        for line in
            pages.setter.lines(&plain(text), Face::Regular, TEXT, RIGHT - LEFT - room - 12.0)
        {
            let left = std::mem::replace(&mut pages.left, RIGHT - line.width);
            pages.stacked(vec![line], tag, TEXT, colour);
            pages.left = left;
        }
        pages.tags.close();
    }
    pages.y = pages.y.max(under) + 8.0;
    pages.fill(LEFT, pages.y, RIGHT - LEFT, 1.2, BLUE);
    pages.y += 22.0;
    let title = title(paper, cover).to_owned();
    let tag = pages.tags.open(Kind::Heading(1, title.clone()));
    pages.bookmarks.push(Bookmark { level: 1, text: title.clone(), page: 0, y: pages.y });
    let lines = pages.setter.lines(&plain(&title), Face::Semibold, 20.0, RIGHT - LEFT);
    pages.stacked(lines, tag, 20.0, INK);
    pages.tags.close();
    pages.y += 6.0;
}

/// What every page wears: the client and the document's name above, the archive's line and the page
/// number below. It is no content, so readers that speak pass over it.
fn furnish(pages: &mut Pages, paper: &Paper, cover: &Cover<'_>) {
    let count = pages.sheets.len();
    let word = match cover.language {
        ViewLanguage::Finnish => "Sivu",
        ViewLanguage::Swedish => "Sida",
    };
    let name = pages.setter.lines(&plain(title(paper, cover)), Face::Regular, SMALL, 300.0);
    let client = pages.setter.lines(&plain(cover.client), Face::Semibold, SMALL, 160.0);
    let archived = pages.setter.lines(&plain(cover.archived), Face::Regular, SMALL - 0.5, 400.0);
    for number in 0..count {
        let text = format!("{word} {}/{count}", number + 1);
        let page_number = pages.setter.line(&text, Face::Regular, SMALL);
        let mut put = |x: f32, y: f32, line: &super::fonts::Line, size: f32| {
            let piece = Piece::Text { leaf: None, x, y, line: line.clone(), size, colour: GREY };
            pages.sheets[number].push(piece);
        };
        let foot = PAGE.1 - 44.0;
        put(RIGHT - page_number.width, foot, &page_number, SMALL);
        for (line, below) in archived.iter().zip([0.0, SMALL + 1.0]) {
            put(LEFT, foot + below, line, SMALL - 0.5);
        }
        if number > 0 {
            if let Some(line) = client.first() {
                put(LEFT, 52.0, line, SMALL);
            }
            if let Some(line) = name.first() {
                put(RIGHT - line.width, 52.0, line, SMALL);
            }
        }
        let rule = |y| Piece::Fill { x: LEFT, y, width: RIGHT - LEFT, height: 0.5, colour: HAIR };
        pages.sheets[number].push(rule(PAGE.1 - 58.0));
        if number > 0 {
            pages.sheets[number].push(rule(60.0));
        }
    }
}

fn print(pages: &Pages, paper: &Paper, cover: &Cover<'_>) -> Result<Vec<u8>, KrillaError> {
    let configuration = ConfigurationBuilder::new()
        .with_archival_validator(Archival::A2_A)
        .with_accessibility_validator(Accessibility::UA1)
        .finish()
        .expect("PDF/A-2a and PDF/UA-1 go together in PDF 1.7");
    let mut document =
        Document::new_with(SerializeSettings { configuration, ..SerializeSettings::default() });
    document.set_metadata(metadata(paper, cover));
    let mut identifiers: Vec<Option<Identifier>> = vec![None; pages.tags.leaves];
    for sheet in &pages.sheets {
        let settings = PageSettings::from_wh(PAGE.0, PAGE.1).expect("A4 has a size");
        let mut page = document.start_page_with(settings);
        let mut surface = page.surface();
        for piece in sheet {
            draw(&mut surface, piece, &pages.pictures, &mut identifiers);
        }
        surface.finish();
        page.finish();
    }
    document.set_outline(outline(&pages.bookmarks));
    let mut tree = TagTree::new().with_lang(Some(cover.language.tag().to_owned()));
    for node in &pages.tags.top {
        if let Some(group) = group(&pages.tags, *node, &identifiers) {
            tree.push(group);
        }
    }
    document.set_tag_tree(tree);
    document.finish()
}

fn metadata(paper: &Paper, cover: &Cover<'_>) -> Metadata {
    let day = FinnishDay::of(cover.archived_at);
    let part = |number: i8| u8::try_from(number).unwrap_or(1);
    let made = DateTime::new(u16::try_from(day.year()).unwrap_or(1))
        .month(part(day.month()))
        .day(part(day.day()))
        .hour(12)
        .minute(0)
        .second(0)
        .utc_offset_hour(2)
        .utc_offset_minute(0);
    let cut = |text: &str| text.chars().take(400).collect::<String>();
    let author = paper.organisation.as_deref().unwrap_or(cover.organisation);
    Metadata::new()
        .title(cut(title(paper, cover)))
        .authors(vec![cut(author)])
        .language(cover.language.tag().to_owned())
        .creator("Varanto".to_owned())
        .creation_date(made)
}

/// The picture as the PDF writer takes it; `None` when it cannot.
pub(super) fn image(picture: &Picture) -> Option<Image> {
    let data = picture.bytes.clone().into();
    let read = match picture.kind {
        PictureKind::Png => Image::from_png(data, false),
        PictureKind::Jpeg => Image::from_jpeg(data, false),
        PictureKind::Gif => Image::from_gif(data, false),
    };
    read.ok()
}

fn fill_of((red, green, blue): Colour) -> Fill {
    let paint = krilla::color::rgb::Color::new(red, green, blue).into();
    Fill { paint, opacity: NormalizedF32::ONE, ..Fill::default() }
}

const FURNITURE: ContentTag<'_> =
    ContentTag::Artifact(Artifact { kind: ArtifactType::Layout, bbox: None });

fn draw(
    surface: &mut Surface<'_>,
    piece: &Piece,
    images: &[Image],
    identifiers: &mut [Option<Identifier>],
) {
    match piece {
        Piece::Text { leaf, x, y, line, size, colour } => {
            let tag = leaf.map_or(FURNITURE, |_| ContentTag::Other);
            let identifier = surface.start_tagged(tag);
            if let Some(leaf) = leaf {
                identifiers[*leaf] = Some(identifier);
            }
            surface.set_fill(Some(fill_of(*colour)));
            for span in &line.spans {
                let glyphs: Vec<KrillaGlyph> = span
                    .glyphs
                    .iter()
                    .map(|glyph| {
                        let (across, up) = glyph.offset;
                        let id = GlyphId::new(glyph.id);
                        let range = glyph.range.clone();
                        KrillaGlyph::new(id, glyph.advance, across, up, 0.0, range, None)
                    })
                    .collect();
                let start = Point::from_xy(x + span.x, *y);
                let font = super::fonts::font(span.face);
                surface.draw_glyphs(start, &glyphs, font, &span.text, *size, false);
            }
            surface.end_tagged();
        }
        Piece::Fill { x, y, width, height, colour } => {
            let Some(rect) = Rect::from_xywh(*x, *y, *width, *height) else { return };
            let mut path = PathBuilder::new();
            path.push_rect(rect);
            let Some(path) = path.finish() else { return };
            surface.start_tagged(FURNITURE);
            surface.set_fill(Some(fill_of(*colour)));
            surface.draw_path(&path);
            surface.end_tagged();
        }
        Piece::Picture { leaf, x, y, width, height, picture } => {
            let (Some(image), Some(size)) = (images.get(*picture), Size::from_wh(*width, *height))
            else {
                return;
            };
            identifiers[*leaf] = Some(surface.start_tagged(ContentTag::Other));
            surface.push_transform(&Transform::from_translate(*x, *y));
            surface.draw_image(image.clone(), size);
            surface.pop();
            surface.end_tagged();
        }
    }
}

/// A tag with all that is under it; nothing where there is no content.
fn group(tags: &Tags, node: usize, identifiers: &[Option<Identifier>]) -> Option<TagGroup> {
    let node = &tags.nodes[node];
    let children: Vec<Node> = node
        .children
        .iter()
        .filter_map(|child| match child {
            Child::Leaf(leaf) => identifiers[*leaf].map(Node::Leaf),
            Child::Node(below) => group(tags, *below, identifiers).map(Node::Group),
        })
        .collect();
    let cell = matches!(node.kind, Kind::Head(..) | Kind::Cell(..) | Kind::Body | Kind::Label);
    if children.is_empty() && !cell {
        return None;
    }
    Some(TagGroup::with_children(kind_of(&node.kind), children))
}

fn kind_of(kind: &Kind) -> TagKind {
    let span = |count: &usize| {
        NonZeroU32::new(u32::try_from(*count).unwrap_or(1)).filter(|count| count.get() > 1)
    };
    match kind {
        Kind::Heading(level, text) => {
            let level = NonZeroU16::new(u16::from(*level)).unwrap_or(NonZeroU16::MIN);
            Tag::Hn(level, Some(text.clone())).into()
        }
        Kind::Paragraph => Tag::P.into(),
        Kind::List(true) => Tag::L(ListNumbering::Decimal).into(),
        Kind::List(false) => Tag::L(ListNumbering::None).into(),
        Kind::Item => Tag::LI.into(),
        Kind::Label => Tag::Lbl.into(),
        Kind::Body => Tag::LBody.into(),
        Kind::Quote => Tag::BlockQuote.into(),
        Kind::Table => Tag::Table.into(),
        Kind::Caption => Tag::Caption.into(),
        Kind::Row => Tag::TR.into(),
        Kind::Head(columns, rows) => Tag::TH(TableHeaderScope::Column)
            .with_col_span(span(columns))
            .with_row_span(span(rows))
            .into(),
        Kind::Cell(columns, rows) => {
            Tag::TD.with_col_span(span(columns)).with_row_span(span(rows)).into()
        }
        Kind::Figure(alt) => Tag::Figure(Some(alt.clone())).into(),
    }
}

/// The bookmarks as a tree, by their levels.
fn outline(bookmarks: &[Bookmark]) -> Outline {
    let mut outline = Outline::new();
    let mut open: Vec<(u8, OutlineNode)> = Vec::new();
    let fold = |open: &mut Vec<(u8, OutlineNode)>, outline: &mut Outline, level: u8| {
        while open.last().is_some_and(|(last, _)| *last >= level) {
            let (_, node) = open.pop().expect("one was just seen");
            match open.last_mut() {
                Some((_, above)) => above.push_child(node),
                None => outline.push_child(node),
            }
        }
    };
    for bookmark in bookmarks {
        fold(&mut open, &mut outline, bookmark.level);
        let place = XyzDestination::new(bookmark.page, Point::from_xy(0.0, bookmark.y));
        let text = bookmark.text.chars().take(400).collect();
        open.push((bookmark.level, OutlineNode::new(text, place)));
    }
    fold(&mut open, &mut outline, 0);
    outline
}
