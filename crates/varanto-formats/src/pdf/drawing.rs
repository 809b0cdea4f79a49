//! What pages draw: their content streams, and all that these use on the way.
//!
//! Only what is used for drawing is judged; a font or colour that lies unused breaks nothing. What a
//! stream inherits from where it is drawn (colours, the text's mode) is followed into forms,
//! patterns and glyphs. Each stream is looked at once for each state it is drawn in, and a budget
//! ends what never would.

mod operators;
mod state;

use std::collections::{BTreeSet, HashSet};

use lopdf::{Dictionary, Object, ObjectId, Stream};

use super::bytes::{check_number, check_token};
use super::clauses as c;
use super::colour::{OutputIntent, Space, Spaces};
use super::fonts::Fonts;
use super::images;
use super::lexer::{self, Lexer, Token};
use super::objects::{Objects, dictionary_of};
use super::report::Report;
use super::tags;
use operators::{Operand, Paint};
use state::{Drawn, Resources, State};

/// The most tokens of content streams read.
const MAX_TOKENS: usize = 6_000_000;
/// The most bytes of content streams decompressed.
const MAX_BYTES: usize = 96 << 20;
/// How deep forms are drawn in forms.
const MAX_DEPTH: usize = 24;
/// The most graphics states kept; the standard allows 28.
const MAX_KEPT: usize = 10_000;
/// The most operands kept before an operator.
const MAX_OPERANDS: usize = 40;

/// Judges everything that is drawn. Answers the languages and texts it saw named.
pub(super) fn check(objects: Objects<'_>, output: &OutputIntent, report: &mut Report) {
    let mut drawing = Drawing {
        objects,
        output,
        spaces: Spaces::new(objects),
        fonts: Fonts::new(objects, report.flavour),
        seen: HashSet::new(),
        states: HashSet::new(),
        replaced: match report.flavour.level {
            Some('A') => tags::replaced(objects),
            _ => BTreeSet::new(),
        },
        tokens: MAX_TOKENS,
        bytes: MAX_BYTES,
        transparent: false,
        report,
    };
    for (id, page) in objects.pages() {
        drawing.check_page(id, page);
    }
}

/// Where a stream is drawn.
#[derive(Clone, Copy)]
struct Place {
    /// How many streams draw it, one in another.
    depth: usize,
    /// Whether it is a glyph or pattern whose colour is that of where it is drawn.
    uncoloured: bool,
}

struct Drawing<'d, 'r> {
    objects: Objects<'d>,
    output: &'r OutputIntent,
    spaces: Spaces<'d>,
    fonts: Fonts<'d>,
    seen: HashSet<Drawn>,
    states: HashSet<*const Dictionary>,
    /// The marked contents that the structure gives a text to be read instead.
    replaced: BTreeSet<i64>,
    tokens: usize,
    bytes: usize,
    /// Whether the page draws anything transparent.
    transparent: bool,
    report: &'r mut Report,
}

impl<'d> Drawing<'d, '_> {
    fn check_page(&mut self, id: ObjectId, page: &'d Dictionary) {
        self.transparent = false;
        // What a page draws is judged for each page anew: transparency and colour are its own.
        self.seen.clear();
        let (own, outer) = match self.objects.inherited(page, b"Resources") {
            Some((object, true)) => (dictionary_of(object), None),
            Some((object, false)) => (None, dictionary_of(object)),
            None => (None, None),
        };
        let mut content = Vec::new();
        let streams: Vec<&Object> = match self.objects.get(page, b"Contents") {
            Some(Object::Array(streams)) => streams.iter().collect(),
            Some(object) => vec![object],
            None => Vec::new(),
        };
        for stream in streams {
            if let Some(Object::Stream(stream)) = self.objects.follow(stream)
                && let Some(bytes) = self.content(stream)
            {
                content.extend_from_slice(&bytes);
                content.push(b'\n');
            }
        }
        let resources = Resources { objects: self.objects, own, outer, inherited: false };
        self.check_group(page, resources, Some(id));
        self.run(&content, resources, &mut State::new(), 0);
        let page_resources = own.or(outer);
        for annotation in self.objects.array(page, b"Annots").unwrap_or_default() {
            let annotation = self.objects.follow(annotation).and_then(dictionary_of);
            let appearance = annotation.and_then(|one| self.objects.dictionary(one, b"AP"));
            let Some(appearance) = appearance else { continue };
            self.check_appearance(appearance, page_resources);
        }
        let has_space = self
            .objects
            .dictionary(page, b"Group")
            .is_some_and(|group| self.objects.get(group, b"CS").is_some());
        if self.transparent && self.output.is_missing() && !has_space {
            self.report.add(&c::BLENDING_SPACE, Some(id), "transparency without a blending space");
        }
    }

    fn check_appearance(
        &mut self,
        appearance: &'d Dictionary,
        page_resources: Option<&'d Dictionary>,
    ) {
        let mut streams = Vec::new();
        match self.objects.get(appearance, b"N") {
            Some(Object::Stream(stream)) => streams.push(stream),
            Some(Object::Dictionary(states)) => streams.extend(
                states.iter().filter_map(|(_, one)| self.objects.follow(one)?.as_stream().ok()),
            ),
            _ => (),
        }
        let resources =
            Resources { objects: self.objects, own: page_resources, outer: None, inherited: false };
        for stream in streams {
            self.draw_form(stream, resources, &State::new(), 1);
        }
    }

    fn content(&mut self, stream: &Stream) -> Option<Vec<u8>> {
        let Ok(bytes) = stream.get_plain_content_with_limit(self.bytes) else {
            self.report.complete = false;
            return None;
        };
        self.bytes -= bytes.len().min(self.bytes);
        Some(bytes)
    }

    fn run(
        &mut self,
        content: &[u8],
        mut resources: Resources<'d>,
        state: &mut State<'d>,
        depth: usize,
    ) {
        let mut lexer = Lexer::new(content, 0);
        let mut operands: Vec<Operand<'_>> = Vec::new();
        let mut kept: Vec<State<'d>> = Vec::new();
        let mut place = Place { depth, uncoloured: false };
        while let Some(token) = lexer.next() {
            if self.tokens == 0 || kept.len() > MAX_KEPT {
                self.report.complete = false;
                return;
            }
            self.tokens -= 1;
            let operator = match operand(token, self.report) {
                Ok(operand) => {
                    // The strings of TJ may be many; other operators have few operands.
                    if operands.len() < MAX_OPERANDS || matches!(operand, Operand::Text(_)) {
                        operands.push(operand);
                    }
                    continue;
                }
                Err(operator) => operator,
            };
            match operator {
                b"q" => {
                    kept.push(state.clone());
                    if kept.len() == 29 {
                        self.report.add(&c::LIMIT_NESTING, None, "deeper nesting");
                    }
                }
                b"Q" => *state = kept.pop().unwrap_or_else(|| state.clone()),
                b"d1" => place.uncoloured = true,
                b"BI" => self.inline_image(&mut lexer, &mut resources, state),
                _ => self.operate(operator, &operands, &mut resources, state, place),
            }
            if std::mem::take(&mut resources.inherited) {
                self.report.add(&c::RESOURCES, None, "a resource of another dictionary");
            }
            operands.clear();
        }
    }

    fn draw_pattern(&mut self, pattern: &'d Object, resources: Resources<'d>, depth: usize) {
        match self.objects.follow(pattern) {
            Some(Object::Stream(stream)) => {
                let uncoloured = self.objects.integer(&stream.dict, b"PaintType") == Some(2);
                if !uncoloured {
                    self.draw_stream(stream, resources, &State::new(), depth);
                }
            }
            Some(Object::Dictionary(pattern)) => {
                let mut resources = resources;
                if let Some(state) = self.objects.dictionary(pattern, b"ExtGState") {
                    self.set_state(state, &mut State::new(), &mut resources);
                }
                if let Some(shading) = self.objects.get(pattern, b"Shading") {
                    self.check_shading(shading, &mut resources);
                }
            }
            _ => (),
        }
    }

    fn check_shading(&mut self, shading: &'d Object, resources: &mut Resources<'d>) {
        let Some(shading) = dictionary_of(shading) else { return };
        let Ok(space) = shading.get(b"ColorSpace") else { return };
        if let Some(space) = self.spaces.read(space, resources, self.report) {
            self.use_space(&space);
        }
    }

    fn draw_object(
        &mut self,
        object: &'d Object,
        mut resources: Resources<'d>,
        state: &State<'d>,
        place: Place,
    ) {
        let id = self.objects.id_of(object);
        let Some(Object::Stream(stream)) = self.objects.follow(object) else { return };
        let dictionary = &stream.dict;
        match self.objects.name(dictionary, b"Subtype") {
            Some(b"Image") => {
                images::check(self.objects, stream, id, self.report);
                if let Some(intent) = self.objects.name(dictionary, b"Intent") {
                    self.check_intent(intent);
                }
                let masked = self.objects.stream(dictionary, b"SMask").is_some()
                    || self
                        .objects
                        .integer(dictionary, b"SMaskInData")
                        .is_some_and(|mask| mask > 0);
                self.transparent |= masked;
                if masked {
                    self.report.add(&c::TRANSPARENCY, id, "SMask of an image");
                }
                if self.objects.is_true(dictionary, b"ImageMask") {
                    self.paint(state, &mut resources, Paint::FILL, place);
                } else if let Ok(space) = dictionary.get(b"ColorSpace")
                    && let Some(space) = self.spaces.read(space, &mut resources, self.report)
                    && !place.uncoloured
                {
                    self.use_space(&space);
                }
                if resources.inherited {
                    self.report.add(&c::RESOURCES, id, "a resource of another dictionary");
                }
            }
            Some(b"PS") => self.report.add(&c::POSTSCRIPT_XOBJECT, id, "PS"),
            _ => {
                self.check_form(stream, id);
                self.draw_form(stream, resources, state, place.depth);
            }
        }
    }

    fn check_form(&mut self, form: &'d Stream, id: Option<ObjectId>) {
        let dictionary = &form.dict;
        let postscript = self.objects.name(dictionary, b"Subtype2") == Some(b"PS");
        if postscript || dictionary.has(b"PS") || dictionary.has(b"OPI") {
            self.report.add(&c::FORM_KEYS, id, "PS or OPI");
        }
        if dictionary.has(b"OPI") {
            self.report.add(&c::IMAGE_KEYS, id, "OPI");
        }
        if dictionary.has(b"Ref") {
            self.report.add(&c::REFERENCE_XOBJECT, id, "Ref");
        }
    }

    fn check_group(
        &mut self,
        holder: &'d Dictionary,
        mut resources: Resources<'d>,
        id: Option<ObjectId>,
    ) {
        let Some(group) = self.objects.dictionary(holder, b"Group") else { return };
        if self.objects.name(group, b"S") != Some(b"Transparency") {
            return;
        }
        self.report.add(&c::TRANSPARENCY, id, "a transparency group");
        if !holder.has_type(b"Page") {
            self.transparent = true;
        }
        let Ok(space) = group.get(b"CS") else { return };
        let Some(space) = self.spaces.read(space, &mut resources, self.report) else { return };
        let device = match space {
            Space::Rgb => !self.output.is(*b"RGB "),
            Space::Cmyk => !self.output.is(*b"CMYK"),
            Space::Gray => self.output.is_missing(),
            _ => false,
        };
        if device {
            self.report.add(&c::BLENDING_SPACE, id, "a device colour as blending space");
        }
        self.use_space(&space);
    }

    fn draw_form(
        &mut self,
        form: &'d Stream,
        resources: Resources<'d>,
        state: &State<'d>,
        depth: usize,
    ) {
        self.check_group(&form.dict, resources, None);
        self.draw_stream(form, resources, state, depth);
    }

    /// Draws a stream with its own resources, or those of where it is drawn.
    fn draw_stream(
        &mut self,
        stream: &'d Stream,
        outer: Resources<'d>,
        state: &State<'d>,
        depth: usize,
    ) {
        if depth >= MAX_DEPTH {
            self.report.complete = false;
            return;
        }
        let own = self.objects.dictionary(&stream.dict, b"Resources");
        let resources = Resources {
            objects: self.objects,
            own,
            outer: outer.own.or(outer.outer),
            inherited: false,
        };
        let drawn = Drawn::new(stream, &resources, state);
        if !self.seen.insert(drawn) {
            return;
        }
        if let Some(content) = self.content(stream) {
            self.run(&content, resources, &mut state.clone(), depth + 1);
        }
    }
}

/// An operand; or the operator that a token is. Both are judged by how they are spelt.
fn operand<'c>(token: Token<'c>, report: &mut Report) -> Result<Operand<'c>, &'c [u8]> {
    if let Token::Word(word) = token {
        if matches!(word, b"true" | b"false" | b"null") {
            return Ok(Operand::Other);
        }
        let number = lexer::number(word).ok_or(word)?;
        check_number(word, number, None, report);
        return Ok(Operand::Number(number));
    }
    check_token(token, None, report);
    match token {
        Token::Text(raw) => Ok(Operand::Text(lexer::text_value(raw))),
        Token::Hex(inside) => Ok(Operand::Text(lexer::hex_value(inside).into())),
        Token::Name(raw) => Ok(Operand::Name(lexer::name_value(raw))),
        _ => Ok(Operand::Other),
    }
}
