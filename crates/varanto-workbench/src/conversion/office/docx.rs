//! A letter in an Office Open XML package: only what is known to come out of a conversion is let through.

use std::collections::HashMap;

use roxmltree::Node;

use super::field::{Field, field};
use super::letter::{Letter, PICTURE_FONTS, Piece};
use super::numbering::{Form, Level, Levels, Lists};
use super::package::{Package, Relationship, broken, parse, text_of};
use crate::conversion::{NotConverted, scan};
use crate::kind::Kind;

const W: &str = "http://schemas.openxmlformats.org/wordprocessingml/2006/main";
const R: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
const A: &str = "http://schemas.openxmlformats.org/drawingml/2006/main";
const PICTURE: &str = "http://schemas.openxmlformats.org/drawingml/2006/picture";
const PLACED: &str = "http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing";
const WORD_2010: &str = "http://schemas.microsoft.com/office/word/2010/wordml";
const WORD_2012: &str = "http://schemas.microsoft.com/office/word/2012/wordml";
const DRAWN_2010: &str = "http://schemas.microsoft.com/office/drawing/2010/main";

/// So deep elements stand within one another.
const DEEPEST: usize = 200;
/// From here on a colour is light.
pub(super) const LIGHT: u8 = 0xC0;
/// Inks of markers upon which letters are seen.
const LIGHT_INKS: &str = " none white yellow green cyan magenta lightGray ";
/// The room for text on a page that does not tell it, in twentieths of a point.
const ROOM: (i64, i64) = (9_000, 12_000);
/// What pictures are measured in, in a twentieth of a point.
const MEASURE: i64 = 635;

/// The elements of text, tables, styles and lists that come out, by their local names.
const KNOWN: &str = " document body hdr ftr p r t tab br cr noBreakHyphen softHyphen lastRenderedPageBreak proofErr \
    bookmarkStart bookmarkEnd hyperlink smartTag smartTagPr attr \
    fldSimple fldChar instrText ffData name enabled calcOnExit textInput type default maxLength format \
    sdt sdtPr sdtEndPr sdtContent alias tag id lock placeholder docPart showingPlcHdr text temporary \
    tbl tblPr tblGrid gridCol tr trPr tc tcPr tblPrEx drawing \
    pPr pStyle keepNext keepLines pageBreakBefore widowControl numPr ilvl numId suppressLineNumbers pBdr top left \
    bottom right   start end insideH insideV   shd tabs suppressAutoHyphens kinsoku wordWrap \
    overflowPunct topLinePunct autoSpaceDE autoSpaceDN bidi adjustRightInd snapToGrid spacing ind contextualSpacing \
    mirrorIndents jc textAlignment outlineLvl cnfStyle \
    rPr rStyle rFonts b bCs i iCs caps smallCaps strike dstrike     noProof color w kern \
    position sz szCs highlight u bdr vertAlign rtl cs lang  \
    tblStyle tblOverlap tblStyleRowBandSize tblStyleColBandSize tblW tblCellSpacing tblInd tblBorders \
    tblLayout tblCellMar tblLook gridBefore gridAfter wBefore wAfter cantSplit trHeight tcW gridSpan vMerge tcBorders \
    noWrap tcMar vAlign hideMark tblHeader \
    sectPr pgNumType textDirection headerReference footerReference pgSz pgMar paperSrc pgBorders cols col docGrid titlePg formProt noEndnote \
    footnotePr endnotePr numFmt numStart numRestart pos \
    styles docDefaults rPrDefault pPrDefault latentStyles lsdException style aliases basedOn next link autoRedefine \
    hidden semiHidden unhideWhenUsed uiPriority qFormat locked personal personalCompose personalReply rsid tblStylePr \
    numbering abstractNum nsid multiLevelType tmpl styleLink lvl lvlText lvlJc suff num abstractNumId \
    lvlOverride startOverride numIdMacAtCleanup \
    footnotes footnote endnotes endnote separator continuationSeparator ";
/// The elements of settings that change nothing of what is printed, or what this program looks at itself.
const SETTINGS: &str = " writeProtection view zoom removePersonalInformation removeDateAndTime \
    doNotDisplayPageBoundaries displayBackgroundShape printPostScriptOverText printFractionalCharacterWidth \
    printFormsData embedTrueTypeFonts embedSystemFonts saveSubsetFonts saveFormsData mirrorMargins alignBordersAndEdges \
    bordersDoNotSurroundHeader bordersDoNotSurroundFooter gutterAtTop hideSpellingErrors hideGrammaticalErrors \
    activeWritingStyle proofState formsDesign attachedTemplate linkStyles stylePaneFormatFilter stylePaneSortMethod \
    documentType trackRevisions doNotTrackMoves doNotTrackFormatting documentProtection autoFormatOverride \
    styleLockTheme styleLockQFSet defaultTabStop autoHyphenation consecutiveHyphenLimit hyphenationZone \
    doNotHyphenateCaps showEnvelope summaryLength clickAndTypeStyle defaultTableStyle evenAndOddHeaders \
    drawingGridHorizontalSpacing drawingGridVerticalSpacing displayHorizontalDrawingGridEvery \
    displayVerticalDrawingGridEvery doNotUseMarginsForDrawingGridOrigin drawingGridHorizontalOrigin \
    drawingGridVerticalOrigin doNotShadeFormData noPunctuationKerning characterSpacingControl strictFirstAndLastChars \
    noLineBreaksAfter noLineBreaksBefore savePreviewPicture doNotValidateAgainstSchema saveInvalidXml ignoreMixedContent \
    alwaysShowPlaceholderText doNotDemarcateInvalidXml updateFields hdrShapeDefaults footnotePr endnotePr compat rsids \
    mathPr uiCompat97To2003 themeFontLang clrSchemeMapping doNotIncludeSubdocsInStats doNotAutoCompressPictures \
    shapeDefaults doNotEmbedSmartTags decimalSymbol listSeparator docId chartTrackingRefBased \
    defaultImageDpi conflictMode discardImageEditingData persistentDocumentId ";

fn loses<T>(what: &str) -> Result<T, NotConverted> {
    Err(NotConverted::Loses { what: what.to_owned() })
}

fn named(list: &str, name: &str) -> bool {
    list.split_ascii_whitespace().any(|one| one == name)
}

fn is_w(node: Node<'_, '_>, name: &str) -> bool {
    node.has_tag_name((W, name))
}

fn value<'a>(node: Node<'a, '_>) -> &'a str {
    node.attribute((W, "val")).unwrap_or_default()
}

/// A child of the letter's own namespace.
fn child<'a, 'i>(node: Node<'a, 'i>, name: &str) -> Option<Node<'a, 'i>> {
    node.children().find(|one| is_w(*one, name))
}

/// What is said of an element that is not known to come out.
fn what_of(node: Node<'_, '_>) -> &'static str {
    match node.tag_name().name() {
        "vanish" | "specVanish" | "webHidden" => "hidden text",
        "ins" | "del" | "moveFrom" | "moveTo" | "delText" | "rPrChange" | "pPrChange" => {
            "changes that were tracked"
        }
        "commentRangeStart" | "commentRangeEnd" | "commentReference" => "comments",
        "footnoteReference" | "endnoteReference" => "footnotes",
        "object" | "control" | "OLEObject" => "an object within the letter",
        "pict" | "AlternateContent" | "txbxContent" | "wsp" | "framePr" => {
            "a drawing, a box or a frame"
        }
        "altChunk" | "subDoc" => "a letter within the letter",
        "sym" => "a sign of a picture font",
        "anchor" => "a picture that stands beside, before or behind text",
        "tl2br" | "tr2bl" => "a cell that is crossed out",
        _ => "what is not known in a letter",
    }
}

/// Reads a letter.
///
/// # Errors
/// It is broken, or holds what is not known to come out.
pub(super) fn read(source: &[u8]) -> Result<Letter, NotConverted> {
    let mut package = Package::open(source)?;
    let mut reader = Reader::default();
    let mut main = None;
    for named in package.relationships("")? {
        match (named.kind.as_str(), named.part) {
            ("officeDocument", Some(part)) if main.is_none() => main = Some(part),
            ("core-properties", Some(part)) => check_properties(&package.take(&part)?)?,
            ("extended-properties" | "thumbnail", Some(part)) => {
                package.take(&part)?;
                reader.letter.leaves_out(&named.kind);
            }
            _ => return loses("a part of the letter that is not known"),
        }
    }
    let main = main.ok_or_else(broken)?;
    let mut pictures = Vec::new();
    let named = package.relationships(&main)?;
    for one in &named {
        reader.take_part(one, &mut package)?;
    }
    let bytes = package.take(&main)?;
    reader.letter.text = reader.story(&bytes, &named, &mut package, &mut pictures, true)?;
    reader.letter.pictures = pictures;
    let text = text_of(&bytes)?;
    let room = room(&parse(&text)?);
    if reader.largest.0 > room.0 || reader.largest.1 > room.1 {
        return loses("a picture that is cut");
    }
    if !package.all_seen() {
        return loses("a part of the letter that is not known");
    }
    Ok(reader.letter)
}

/// The room for text on the smallest of its pages, in twentieths of a point.
fn room(tree: &roxmltree::Document<'_>) -> (i64, i64) {
    let of_section = |section: Node<'_, '_>| {
        let of = |element: &str, name: &str| {
            child(section, element)?.attribute((W, name))?.parse::<i64>().ok()
        };
        let margin = |name: &str| of("pgMar", name).map_or(0, i64::abs);
        let width = of("pgSz", "w")? - margin("left") - margin("right") - margin("gutter");
        let height = of("pgSz", "h")? - margin("top") - margin("bottom");
        let columns = of("cols", "num").unwrap_or(1).max(1);
        Some((if columns > 1 { 0 } else { width }, height))
    };
    let sections = tree.descendants().filter(|node| is_w(*node, "sectPr"));
    sections
        .map(|section| of_section(section).unwrap_or(ROOM))
        .reduce(|one, other| (one.0.min(other.0), one.1.min(other.1)))
        .unwrap_or(ROOM)
}

/// Refuses what a letter says about itself beside its title and who wrote it when.
fn check_properties(bytes: &[u8]) -> Result<(), NotConverted> {
    let text = text_of(bytes)?;
    for property in parse(&text)?.root_element().children().filter(Node::is_element) {
        let known = matches!(
            property.tag_name().name(),
            "title"
                | "creator"
                | "lastModifiedBy"
                | "revision"
                | "created"
                | "modified"
                | "lastPrinted"
                | "language"
        );
        if !known && property.text().is_some_and(|text| !text.trim().is_empty()) {
            return loses("an entry about the file");
        }
    }
    Ok(())
}

/// The style of a paragraph, as far as lists are concerned.
#[derive(Default)]
struct Style {
    based_on: Option<String>,
    list: Option<String>,
    level: Option<usize>,
}

#[derive(Default)]
struct Reader {
    letter: Letter,
    styles: HashMap<String, Style>,
    /// The style of paragraphs that name none.
    usual: Option<String>,
    lists: Lists,
    /// The levels that belong to a style: list, style, level.
    levels_of_styles: Vec<(String, String, usize)>,
    /// The largest width and the largest height of a picture, in twentieths of a point.
    largest: (i64, i64),
}

impl Reader {
    /// Takes a part that the letter names.
    fn take_part(&mut self, one: &Relationship, package: &mut Package) -> Result<(), NotConverted> {
        let Some(part) = &one.part else {
            // What a link leads to is not shown.
            return match one.kind.as_str() {
                "hyperlink" => {
                    self.letter.leaves_out("links");
                    Ok(())
                }
                _ => loses("what stands outside the letter"),
            };
        };
        match one.kind.as_str() {
            // Fonts, colours, and how browsers would show it.
            "theme" | "fontTable" | "webSettings" | "stylesWithEffects" => {
                package.take(part).map(drop)
            }
            "settings" => {
                for other in package.relationships(part)? {
                    if other.kind != "attachedTemplate" || other.part.is_some() {
                        return loses("a part of the letter that is not known");
                    }
                }
                check_settings(&package.take(part)?)
            }
            "styles" => self.read_styles(&package.take(part)?),
            "numbering" => self.read_lists(&package.take(part)?),
            "footnotes" | "endnotes" => check_notes(&package.take(part)?),
            "image" | "hyperlink" => Ok(()),
            kind @ ("header" | "footer") => {
                let bytes = package.take(part)?;
                let named = package.relationships(part)?;
                let mut pictures = Vec::new();
                let story = self.story(&bytes, &named, package, &mut pictures, false)?;
                self.letter.repeated.extend(pictures);
                let stories =
                    if kind == "header" { &mut self.letter.heads } else { &mut self.letter.feet };
                stories.push(story);
                Ok(())
            }
            _ => loses("a part of the letter that is not known"),
        }
    }

    fn read_styles(&mut self, bytes: &[u8]) -> Result<(), NotConverted> {
        let text = text_of(bytes)?;
        let tree = parse(&text)?;
        check_known(tree.root_element(), 0)?;
        for style in tree.root_element().children().filter(|node| is_w(*node, "style")) {
            let Some(id) = style.attribute((W, "styleId")) else { continue };
            let numbered = child(style, "pPr").and_then(|about| child(about, "numPr"));
            let (list, level) = numbered.map_or(Ok((None, None)), list_of)?;
            let based_on = child(style, "basedOn").map(|based| value(based).to_owned());
            let is_usual = style.attribute((W, "type")) == Some("paragraph")
                && matches!(style.attribute((W, "default")), Some("1" | "true" | "on"));
            if is_usual {
                self.usual = Some(id.to_owned());
            }
            self.styles.insert(id.to_owned(), Style { based_on, list, level });
        }
        Ok(())
    }

    fn read_lists(&mut self, bytes: &[u8]) -> Result<(), NotConverted> {
        let text = text_of(bytes)?;
        let tree = parse(&text)?;
        check_known(tree.root_element(), 0)?;
        let id = |node: Node<'_, '_>, name: &str| {
            node.attribute((W, name)).map(str::to_owned).ok_or_else(broken)
        };
        for one in tree.root_element().children() {
            if is_w(one, "abstractNum") {
                let own = id(one, "abstractNumId")?;
                let mut levels = Levels::default();
                for level in one.children().filter(|node| is_w(*node, "lvl")) {
                    let at: usize = id(level, "ilvl")?.parse().map_err(|_| broken())?;
                    if let Some(style) = child(level, "pStyle") {
                        self.levels_of_styles.push((own.clone(), value(style).to_owned(), at));
                    }
                    *levels.get_mut(at).ok_or_else(broken)? = Some(level_of(level)?);
                }
                self.lists.defined.insert(own, levels);
            } else if is_w(one, "num") {
                let definition = child(one, "abstractNumId").map(value).ok_or_else(broken)?;
                let mut anew = [None; 9];
                for level in one.children().filter(|node| is_w(*node, "lvlOverride")) {
                    if child(level, "lvl").is_some() {
                        return loses("a list that is numbered in a way that is not known");
                    }
                    let at: usize = id(level, "ilvl")?.parse().map_err(|_| broken())?;
                    let start = child(level, "startOverride").map(|start| value(start).parse());
                    let start = start.transpose().map_err(|_| broken())?;
                    *anew.get_mut(at).ok_or_else(broken)? = start;
                }
                let list = (definition.to_owned(), anew);
                self.lists.named.insert(id(one, "numId")?, list);
            }
        }
        Ok(())
    }

    /// What a part shows, from its first word to the last.
    fn story(
        &mut self,
        bytes: &[u8],
        named: &[Relationship],
        package: &mut Package,
        pictures: &mut Vec<(u32, u32)>,
        is_text: bool,
    ) -> Result<Vec<Piece>, NotConverted> {
        let text = text_of(bytes)?;
        let tree = parse(&text)?;
        check_known(tree.root_element(), 0)?;
        let mut story = Story {
            reader: self,
            named,
            package,
            pictures,
            pieces: Vec::new(),
            fields: Vec::new(),
            is_text,
        };
        for node in tree.root_element().children() {
            story.read(node)?;
        }
        if !story.fields.is_empty() {
            return loses("a field that does not end");
        }
        Ok(story.pieces)
    }

    /// What stands before a paragraph.
    fn mark(&mut self, paragraph: Node<'_, '_>) -> Result<Option<Piece>, NotConverted> {
        let about = child(paragraph, "pPr");
        let own = about.and_then(|about| child(about, "numPr"));
        let (mut list, mut level) = own.map_or(Ok((None, None)), list_of)?;
        let named =
            about.and_then(|about| child(about, "pStyle")).map(|style| value(style).to_owned());
        let mut style = named.or_else(|| self.usual.clone());
        for _ in 0..DEEPEST {
            let Some((id, about)) = style.as_ref().and_then(|id| self.styles.get_key_value(id))
            else {
                break;
            };
            if list.is_none()
                && let Some(of_style) = &about.list
            {
                list = Some(of_style.clone());
                let definition = self.lists.named.get(of_style).map(|(definition, _)| definition);
                let own = self
                    .levels_of_styles
                    .iter()
                    .find(|(list, style, _)| Some(list) == definition && style == id)
                    .map(|(_, _, level)| *level);
                level = level.or(own).or(about.level);
            }
            style = about.based_on.clone();
        }
        match list.as_deref() {
            None | Some("0") => Ok(None),
            Some(list) => match self.lists.next(list, level.unwrap_or(0)) {
                Ok(mark) => Ok(mark),
                Err(()) => loses("a list that is numbered in a way that is not known"),
            },
        }
    }
}

/// The list and the level that a paragraph or a style names.
fn list_of(about: Node<'_, '_>) -> Result<(Option<String>, Option<usize>), NotConverted> {
    let level = child(about, "ilvl").map(|level| value(level).parse()).transpose();
    let list = child(about, "numId").map(|list| value(list).to_owned());
    Ok((list, level.map_err(|_| broken())?))
}

fn level_of(level: Node<'_, '_>) -> Result<Level, NotConverted> {
    let of = |name: &str| child(level, name).map(value);
    let Some(form) = Form::of_name(of("numFmt").unwrap_or("decimal")) else {
        return loses("a list that is numbered in a way that is not known");
    };
    let start = of("start").map_or(Ok(0), str::parse).map_err(|_| broken())?;
    let text = of("lvlText").unwrap_or_default();
    let font = child(level, "rPr").and_then(|looks| child(looks, "rFonts"));
    let font = font.and_then(|font| font.attribute((W, "ascii"))).unwrap_or_default();
    Ok(Level { start, form, text: text.to_owned(), bullet: Piece::bullet(text, font) })
}

/// Refuses notes: those that only part them from the text are none.
fn check_notes(bytes: &[u8]) -> Result<(), NotConverted> {
    let text = text_of(bytes)?;
    let tree = parse(&text)?;
    check_known(tree.root_element(), 0)?;
    let mut all = tree.descendants();
    if all.any(|node| is_w(node, "t") || is_w(node, "drawing") || is_w(node, "instrText")) {
        return loses("footnotes");
    }
    Ok(())
}

fn check_settings(bytes: &[u8]) -> Result<(), NotConverted> {
    let text = text_of(bytes)?;
    let tree = parse(&text)?;
    let mut settings = tree.root_element().children().filter(Node::is_element);
    if settings.any(|setting| !named(SETTINGS, setting.tag_name().name())) {
        return loses("a setting that is not known");
    }
    Ok(())
}

/// Refuses an element that is not known to come out, and one that is known in a form that is not.
fn check_known(node: Node<'_, '_>, depth: usize) -> Result<(), NotConverted> {
    if depth > DEEPEST {
        return Err(NotConverted::here("elements are nested too deeply"));
    }
    if !node.is_element() {
        return Ok(());
    }
    let name = node.tag_name().name();
    let is_known = match node.tag_name().namespace() {
        Some(W) => named(KNOWN, name),
        Some(A) => named(
            " graphic graphicData graphicFrameLocks picLocks blip extLst ext stretch fillRect xfrm off \
            prstGeom avLst noFill ln srcRect ",
            name,
        ),
        Some(PICTURE) => named(" pic nvPicPr cNvPr cNvPicPr blipFill spPr ", name),
        Some(PLACED) => named(" inline extent effectExtent docPr cNvGraphicFramePr ", name),
        Some(WORD_2010) => named(" ligatures numForm numSpacing cntxtAlts stylisticSets ", name),
        Some(WORD_2012) => named(" appearance color ", name),
        Some(DRAWN_2010) => name == "useLocalDpi",
        _ => false,
    };
    if !is_known {
        return loses(what_of(node));
    }
    check_form(node)?;
    node.children().try_for_each(|one| check_known(one, depth + 1))
}

/// Refuses a known element in a form that is not known to come out.
fn check_form(node: Node<'_, '_>) -> Result<(), NotConverted> {
    let off = |name: &str| matches!(node.attribute(name), None | Some("0" | "false"));
    match node.tag_name().name() {
        "rFonts" => {
            let is_of_pictures = |font: &str| {
                let font = font.to_lowercase();
                PICTURE_FONTS.iter().any(|known| font.contains(known))
            };
            // Signs before lists are of such fonts, and come out as another font's.
            let in_list = node.ancestors().any(|one| is_w(one, "numbering"));
            if !in_list && node.attributes().any(|one| is_of_pictures(one.value())) {
                return loses("a sign of a picture font");
            }
        }
        // What does not fit into a row, or a line, of this height is cut off.
        "trHeight" if node.attribute((W, "hRule")) == Some("exact") => {
            return loses("a row of a table that cuts off what does not fit");
        }
        "spacing" if node.attribute((W, "lineRule")) == Some("exact") => {
            return loses("lines that cut off what does not fit");
        }
        "pgNumType" if node.attributes().any(|one| one.value() != "decimal") => {
            return loses("pages that are numbered otherwise");
        }
        "textDirection" if value(node) != "lrTb" => return loses("text that runs otherwise"),
        "spacing" if is_narrow(node) => return loses("lines that cut off what does not fit"),
        // Where two styles tell it, it is shown by one program, and by another not.
        "strike" | "dstrike" if node.ancestors().any(|one| is_w(one, "style")) => {
            return loses("letters that a style strikes out");
        }
        "highlight" if !named(LIGHT_INKS, value(node)) => {
            return loses("a ground that is not known to come out");
        }
        "tab" if value(node) == "bar" => return loses("what is not known in a letter"),
        "color" if is_light(node) => return loses("light letters"),
        "shd" if is_ground_unknown(node) => return loses("a ground that is not known to come out"),
        "blip" if node.attribute((R, "link")).is_some() => {
            return loses("what stands outside the letter");
        }
        "srcRect" | "effectExtent"
            if node.tag_name().namespace() == Some(A) && node.attributes().len() > 0 =>
        {
            return loses("a picture that is cut");
        }
        "prstGeom" if node.attribute("prst") != Some("rect") => {
            return loses("a picture that is cut");
        }
        "xfrm" if !(off("rot") && off("flipH") && off("flipV")) => {
            return loses("a picture that is turned");
        }
        "docPr" | "anchor" | "cNvPr" if !off("hidden") => return loses("hidden text"),
        _ => {}
    }
    Ok(())
}

/// Whether lines are set so narrowly that a picture, or high letters, would be cut off.
fn is_narrow(node: Node<'_, '_>) -> bool {
    let line = node.attribute((W, "line")).map(str::parse::<i32>);
    let by_parts = matches!(node.attribute((W, "lineRule")), None | Some("auto"));
    by_parts && line.is_some_and(|line| line.is_err() || line.is_ok_and(|line| line < 240))
}

/// Whether letters are so light that they would not be seen where the ground behind them is left out.
fn is_light(node: Node<'_, '_>) -> bool {
    let theme = node.attribute((W, "themeColor")).unwrap_or_default();
    let of_ground = theme.starts_with("background") || theme.starts_with("light");
    let value = u32::from_str_radix(value(node), 16);
    of_ground || value.is_ok_and(|value| value.to_be_bytes()[1..].iter().all(|one| *one >= LIGHT))
}

/// Whether a ground is told for a whole table, or by the colours of a theme.
fn is_ground_unknown(node: Node<'_, '_>) -> bool {
    let of_table = node.parent().is_some_and(|one| is_w(one, "tblPr") || is_w(one, "tblPrEx"));
    let of_theme = node.attributes().any(|one| one.name().starts_with("theme"));
    let is_none = matches!(node.attribute((W, "fill")), None | Some("auto" | "FFFFFF"));
    of_theme || (of_table && !is_none)
}

/// What a field is, while it is read.
enum Open {
    /// Its instruction is read.
    Instruction(String),
    /// Its result is read, and shown as it was kept.
    Kept,
    /// Its result is read, and computed anew.
    Anew,
}

struct Story<'a> {
    reader: &'a mut Reader,
    named: &'a [Relationship],
    package: &'a mut Package,
    pictures: &'a mut Vec<(u32, u32)>,
    pieces: Vec<Piece>,
    fields: Vec<Open>,
    /// Whether it is the text itself, and no head or foot of pages.
    is_text: bool,
}

impl Story<'_> {
    fn read(&mut self, node: Node<'_, '_>) -> Result<(), NotConverted> {
        if !node.is_element() {
            return Ok(());
        }
        if node.tag_name().namespace() != Some(W) {
            return Ok(());
        }
        match node.tag_name().name() {
            "t" => {
                let text = node.children().filter_map(|one| one.text()).collect::<String>();
                match self.fields.last() {
                    Some(Open::Instruction(_)) => return loses("a field that does not end"),
                    Some(Open::Anew) => {}
                    _ => self.pieces.push(Piece::Text(text)),
                }
            }
            "instrText" => match self.fields.last_mut() {
                Some(Open::Instruction(instruction)) => {
                    instruction.push_str(node.text().unwrap_or_default());
                }
                _ => return loses("a field that does not end"),
            },
            "fldChar" => self.at_mark(node)?,
            "fldSimple" => {
                let field = self.begin(node.attribute((W, "instr")).unwrap_or_default())?;
                self.fields.push(field);
                self.read_children(node)?;
                self.fields.pop();
            }
            "drawing" => self.picture(node)?,
            "p" => {
                if let Some(mark) = self.reader.mark(node)? {
                    if !self.is_text {
                        return loses("a list at the head or foot of pages");
                    }
                    self.pieces.push(mark);
                }
                self.read_children(node)?;
            }
            // What they hold is of form.
            "pPr" | "rPr" | "tblPr" | "trPr" | "tcPr" | "sectPr" | "sdtPr" => {}
            _ => self.read_children(node)?,
        }
        Ok(())
    }

    fn read_children(&mut self, node: Node<'_, '_>) -> Result<(), NotConverted> {
        node.children().try_for_each(|one| self.read(one))
    }

    /// The beginning, the middle or the end of a field.
    fn at_mark(&mut self, node: Node<'_, '_>) -> Result<(), NotConverted> {
        match node.attribute((W, "fldCharType")) {
            Some("begin") => {
                if matches!(self.fields.last(), Some(Open::Instruction(_) | Open::Anew)) {
                    return loses("a field within a field");
                }
                self.fields.push(Open::Instruction(String::new()));
            }
            Some("separate") => match self.fields.pop() {
                Some(Open::Instruction(instruction)) => {
                    let field = self.begin(&instruction)?;
                    self.fields.push(field);
                }
                _ => return Err(broken()),
            },
            Some("end") => match self.fields.pop() {
                // One without a result.
                Some(Open::Instruction(instruction)) => drop(self.begin(&instruction)?),
                Some(_) => {}
                None => return Err(broken()),
            },
            _ => return Err(broken()),
        }
        Ok(())
    }

    fn begin(&mut self, instruction: &str) -> Result<Open, NotConverted> {
        Ok(match field(instruction, self.is_text)? {
            Field::Kept => Open::Kept,
            Field::Link => {
                self.reader.letter.leaves_out("links");
                Open::Kept
            }
            Field::Anew(number) => {
                self.pieces.push(number);
                Open::Anew
            }
        })
    }

    fn picture(&mut self, node: Node<'_, '_>) -> Result<(), NotConverted> {
        let mut blips = node.descendants().filter(|one| one.has_tag_name((A, "blip")));
        let (Some(blip), None) = (blips.next(), blips.next()) else {
            return loses("a drawing, a box or a frame");
        };
        let id = blip.attribute((R, "embed")).ok_or_else(broken)?;
        let named = self.named.iter().find(|one| one.id == id && one.kind == "image");
        let part = named.and_then(|one| one.part.as_deref()).ok_or_else(broken)?;
        let bytes = self.package.take(part)?;
        if node.ancestors().any(|one| is_w(one, "tc")) {
            return loses("a picture in a table");
        }
        let extent = node.descendants().find(|one| one.has_tag_name((PLACED, "extent")));
        let along = |name: &str| {
            let told = extent.and_then(|extent| extent.attribute(name)?.parse::<i64>().ok());
            told.filter(|told| *told > 0).map(|told| told / MEASURE).ok_or_else(broken)
        };
        let largest = &mut self.reader.largest;
        *largest = (largest.0.max(along("cx")?), largest.1.max(along("cy")?));
        self.pictures.push(size_of(&bytes)?);
        for about in node.descendants().filter(|one| one.has_tag_name((PLACED, "docPr"))) {
            if about.attribute("title").is_some_and(|title| !title.trim().is_empty()) {
                return loses("a text that stands for a picture");
            }
            let text = about.attribute("descr").map(str::trim).filter(|text| !text.is_empty());
            self.reader.letter.texts_of_pictures.extend(text.map(str::to_owned));
        }
        Ok(())
    }
}

/// The width and height of a picture in PNG or JPEG that is whole and stands upright.
fn size_of(bytes: &[u8]) -> Result<(u32, u32), NotConverted> {
    match Kind::of(bytes) {
        kind @ (Kind::Jpeg | Kind::Png) => scan::upright(kind, bytes),
        _ => loses("a picture of a form that is not known to come out"),
    }
}
