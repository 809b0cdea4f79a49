//! The operators of content streams.

use std::borrow::Cow;

use super::super::clauses as c;
use super::super::colour::{self, Named, Space};
use super::super::fonts::Shown;
use super::super::images;
use super::super::lexer::Lexer;
use super::super::objects::{dictionary_of, shown};
use super::super::tags;
use super::state::{Resources, State};
use super::{Drawing, MAX_DEPTH, Place};

/// An operand of an operator.
#[derive(Clone, Debug)]
pub(super) enum Operand<'c> {
    Number(f64),
    Name(Cow<'c, [u8]>),
    Text(Cow<'c, [u8]>),
    /// A bracket of an array or dictionary, whose entries stand by themselves; or a word.
    Other,
}

/// What is drawn with: areas, lines, or both.
#[derive(Clone, Copy)]
pub(super) struct Paint {
    pub(super) fill: bool,
    pub(super) stroke: bool,
}

impl Paint {
    pub(super) const FILL: Self = Self { fill: true, stroke: false };
    const STROKE: Self = Self { fill: false, stroke: true };
    const BOTH: Self = Self { fill: true, stroke: true };
}

impl<'d> Drawing<'d, '_> {
    pub(super) fn operate(
        &mut self,
        operator: &[u8],
        operands: &[Operand<'_>],
        resources: &mut Resources<'d>,
        state: &mut State<'d>,
        place: Place,
    ) {
        let name = operands.iter().rev().find_map(|operand| match operand {
            Operand::Name(name) => Some(&**name),
            _ => None,
        });
        match operator {
            b"g" | b"rg" | b"k" | b"G" | b"RG" | b"K" | b"cs" | b"CS" | b"scn" | b"SCN" => {
                self.set_colour(operator, name, resources, state);
            }
            b"f" | b"F" | b"f*" => self.paint(state, resources, Paint::FILL, place),
            b"S" | b"s" => self.paint(state, resources, Paint::STROKE, place),
            b"B" | b"B*" | b"b" | b"b*" => self.paint(state, resources, Paint::BOTH, place),
            b"sh" => {
                let shading = name.and_then(|name| resources.find(b"Shading", name));
                if let Some(shading) = shading.and_then(|one| self.objects.follow(one)) {
                    self.check_shading(shading, resources);
                }
            }
            b"Do" => {
                if let Some(object) = name.and_then(|name| resources.find(b"XObject", name)) {
                    self.draw_object(object, *resources, state, place);
                }
            }
            b"gs" => {
                let found = name.and_then(|name| resources.find(b"ExtGState", name));
                let found = found.and_then(|one| self.objects.follow(one)).and_then(dictionary_of);
                if let Some(found) = found {
                    self.set_state(found, state, resources);
                }
            }
            b"ri" => self.check_intent(name.unwrap_or_default()),
            b"Tf" => {
                let font = name.and_then(|name| resources.find(b"Font", name));
                let font = font.and_then(|font| self.objects.follow(font));
                state.font = font.and_then(dictionary_of);
            }
            b"Tr" => {
                if let Some(Operand::Number(mode)) = operands.first() {
                    state.mode = whole(*mode);
                }
            }
            b"Tj" | b"TJ" | b"'" | b"\"" => self.show(operands, state, resources, place),
            b"BDC" | b"BMC" => {
                if self.replaces_text(operands, resources) || state.replaced > 0 {
                    state.replaced += 1;
                }
            }
            b"EMC" => state.replaced = state.replaced.saturating_sub(1),
            // Nothing is asked of these.
            b"w" | b"J" | b"j" | b"M" | b"d" | b"i" | b"cm" | b"m" | b"l" | b"c" | b"v" | b"y"
            | b"h" | b"re" | b"n" | b"W" | b"W*" | b"BT" | b"ET" | b"Tc" | b"Tw" | b"Tz"
            | b"TL" | b"Ts" | b"Td" | b"TD" | b"Tm" | b"T*" | b"d0" | b"SC" | b"sc" | b"MP"
            | b"DP" | b"BX" | b"EX" => (),
            other => self.report.add(&c::OPERATOR, None, shown(other)),
        }
    }

    fn set_colour(
        &mut self,
        operator: &[u8],
        name: Option<&[u8]>,
        resources: &mut Resources<'d>,
        state: &mut State<'d>,
    ) {
        let stroke = operator[0].is_ascii_uppercase();
        let plain: &[u8] = match operator {
            b"g" | b"G" => b"DeviceGray",
            b"rg" | b"RG" => b"DeviceRGB",
            b"k" | b"K" => b"DeviceCMYK",
            b"cs" | b"CS" => {
                if let Some(space) = name.and_then(|name| self.space_named_maybe(name, resources)) {
                    state.set_colour(stroke, space);
                }
                return;
            }
            _ => {
                let pattern = name.and_then(|name| resources.find(b"Pattern", name));
                let pen = if stroke { &mut state.stroke } else { &mut state.fill };
                pen.pattern = pattern;
                return;
            }
        };
        let space = self.space_named(plain, resources);
        state.set_colour(stroke, space);
    }

    pub(super) fn space_named(&mut self, name: &[u8], resources: &mut Resources<'d>) -> Space {
        self.space_named_maybe(name, resources).unwrap_or(Space::Independent)
    }

    pub(super) fn space_named_maybe(
        &mut self,
        name: &[u8],
        resources: &mut Resources<'d>,
    ) -> Option<Space> {
        let device =
            |plain: Space, default: &[u8], drawing: &mut Self, resources: &mut Resources<'d>| {
                let default = resources.colour_space(default)?;
                match drawing.spaces.read(default, resources, drawing.report)? {
                    Space::Gray | Space::Rgb | Space::Cmyk => Some(plain),
                    other => Some(other),
                }
            };
        match name {
            b"DeviceGray" => {
                device(Space::Gray, b"DefaultGray", self, resources).or(Some(Space::Gray))
            }
            b"DeviceRGB" => device(Space::Rgb, b"DefaultRGB", self, resources).or(Some(Space::Rgb)),
            b"DeviceCMYK" => {
                device(Space::Cmyk, b"DefaultCMYK", self, resources).or(Some(Space::Cmyk))
            }
            b"Pattern" => Some(Space::Pattern(None)),
            name => {
                let found = resources.colour_space(name)?;
                self.spaces.read(found, resources, self.report)
            }
        }
    }

    pub(super) fn use_space(&mut self, space: &Space) {
        colour::check_use(space, self.output, self.report);
    }

    pub(super) fn paint(
        &mut self,
        state: &State<'d>,
        resources: &mut Resources<'d>,
        paint: Paint,
        place: Place,
    ) {
        if place.uncoloured {
            return;
        }
        for (used, pen) in [(paint.fill, &state.fill), (paint.stroke, &state.stroke)] {
            if !used {
                continue;
            }
            // The initial colour is gray, and a default space stands for it too.
            if matches!(*pen.space, Space::Gray) {
                let space = self.space_named(b"DeviceGray", resources);
                self.use_space(&space);
            } else {
                self.use_space(&pen.space);
            }
            if matches!(*pen.space, Space::Icc { components: 4, .. }) && state.overprints(pen) {
                self.report.add(&c::OVERPRINT, None, "OPM 1 with an ICC space of four components");
            }
            if let (Space::Pattern(_), Some(pattern)) = (&*pen.space, pen.pattern) {
                self.draw_pattern(pattern, *resources, place.depth);
            }
        }
    }

    pub(super) fn inline_image(
        &mut self,
        lexer: &mut Lexer<'_>,
        resources: &mut Resources<'d>,
        state: &State<'d>,
    ) {
        let mut image = images::Inline::default();
        image.read(lexer, self.report);
        if let Some(intent) = &image.intent {
            self.check_intent(intent);
        }
        if image.is_mask {
            self.paint(
                state,
                resources,
                Paint::FILL,
                Place { depth: MAX_DEPTH, uncoloured: false },
            );
        }
        let Some(name) = image.space else { return };
        let name: &[u8] = match name.as_slice() {
            b"G" => b"DeviceGray",
            b"RGB" => b"DeviceRGB",
            b"CMYK" => b"DeviceCMYK",
            other => other,
        };
        if let Some(space) = self.space_named_maybe(name, resources) {
            self.use_space(&space);
        }
    }

    /// Whether marked content has a text that is read instead of what is shown; its language is
    /// judged on the way.
    fn replaces_text(&mut self, operands: &[Operand<'_>], resources: &mut Resources<'d>) -> bool {
        let objects = self.objects;
        let after = |key: &[u8]| {
            let at = operands
                .iter()
                .position(|one| matches!(one, Operand::Name(name) if **name == *key));
            at.and_then(|at| operands.get(at + 1))
        };
        if let Some(Operand::Text(language)) = after(b"Lang") {
            tags::check_language(language, self.report);
        }
        if after(b"ActualText").is_some() {
            return true;
        }
        if let Some(Operand::Number(content)) = after(b"MCID")
            && self.replaced.contains(&whole(*content))
        {
            return true;
        }
        let [Operand::Name(_), Operand::Name(list)] = operands else { return false };
        let list = resources.find(b"Properties", list).and_then(|list| objects.follow(list));
        let Some(list) = list.and_then(dictionary_of) else { return false };
        if let Some(language) = objects.string(list, b"Lang") {
            tags::check_language(language, self.report);
        }
        let content = objects.integer(list, b"MCID");
        list.has(b"ActualText") || content.is_some_and(|content| self.replaced.contains(&content))
    }

    fn show(
        &mut self,
        operands: &[Operand<'_>],
        state: &State<'d>,
        resources: &mut Resources<'d>,
        place: Place,
    ) {
        let Some(font) = state.font else { return };
        // A colour chosen for a text counts as used, whichever of both its mode draws with.
        let (fill, stroke) = match state.mode {
            0 | 4 => (true, state.stroke.chosen),
            1 | 5 => (state.fill.chosen, true),
            2 | 6 => (true, true),
            _ => (false, false),
        };
        self.paint(state, resources, Paint { fill, stroke }, place);
        let texts = operands.iter().filter_map(|operand| match operand {
            Operand::Text(text) => Some(&**text),
            _ => None,
        });
        let shown = Shown { drawn: state.mode != 3, replaced: state.replaced > 0 };
        let glyphs = self.fonts.show(font, texts, &shown, self.report);
        // The glyphs of a Type 3 font are content streams of their own.
        let own = self.objects.dictionary(font, b"Resources");
        for glyph in glyphs {
            let resources = Resources {
                objects: self.objects,
                own: own.or(resources.own),
                outer: resources.outer,
                inherited: false,
            };
            self.draw_stream(glyph, resources, state, place.depth);
        }
    }
}

#[expect(clippy::cast_possible_truncation, reason = "modes and marked contents are small numbers")]
fn whole(number: f64) -> i64 {
    number as i64
}
