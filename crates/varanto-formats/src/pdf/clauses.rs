//! The clauses of ISO 19005 that a file is judged by, each with what it asks for.
//!
//! One table: the checks report by its entries, and the documentation prints it. An entry names the
//! clauses of part 1 and of parts 2 and 3 that ask for the same thing; where a standard asks for it
//! in two places, both stand.
//!
//! Source: ARC-1; ISO 19005-1 to -3.

use std::fmt;

/// Which level of conformance a clause binds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Binds {
    /// Every level.
    All,
    /// Levels U and A: text that can be read out of the file.
    Unicode,
    /// Level A: tagged files.
    Tagged,
}

/// What a standard asks of a file.
pub struct Clause {
    /// A stable name.
    pub name: &'static str,
    /// What is asked, as a sentence that a faulty file breaks.
    pub words: &'static str,
    /// Its clauses in part 1; none when that part does not ask for it.
    pub part_1: &'static [&'static str],
    /// Its clauses in parts 2 and 3.
    pub part_2: &'static [&'static str],
    /// Which levels it binds.
    pub binds: Binds,
}

impl Clause {
    /// Its clauses under a part.
    #[must_use]
    pub fn under(&self, part: u8) -> &'static [&'static str] {
        match part {
            1 => self.part_1,
            2 | 3 => self.part_2,
            _ => &[],
        }
    }
}

impl PartialEq for Clause {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self, other)
    }
}

impl fmt::Debug for Clause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

macro_rules! clauses {
    ($($id:ident $binds:ident [$($one:literal),*] [$($two:literal),*] $name:literal $words:literal;)*) => {
        $(
            #[doc = concat!("What the report calls `", $name, "`.")]
            pub static $id: Clause = Clause {
                name: $name,
                words: $words,
                part_1: &[$($one),*],
                part_2: &[$($two),*],
                binds: Binds::$binds,
            };
        )*
        /// Every clause that the check covers, in the order of the standard's part 2.
        pub static COVERED: &[&Clause] = &[$(&$id),*];
    };
}

clauses! {
    FILE_HEADER All ["6.1.2"] ["6.1.2"] "file-header" "the first line is %PDF-1.n and nothing more";
    BINARY_COMMENT All ["6.1.2"] ["6.1.2"] "binary-comment" "the second line is a comment of at least four bytes over 127";
    FILE_ID All ["6.1.3"] ["6.1.3"] "file-id" "the trailer holds an ID of two identifiers";
    ENCRYPTION All ["6.1.3"] ["6.1.3"] "encryption" "the file is not encrypted";
    AFTER_END All ["6.1.3"] ["6.1.3"] "after-end" "nothing follows the end mark but one end of line";
    LINEARIZED_ID All ["6.1.3"] [] "linearized-id" "both trailers of a linearized file hold the same ID";
    XREF_SPACING All ["6.1.4"] ["6.1.4"] "xref-spacing" "a cross-reference section begins with xref, one end of line, two numbers and one space between them";
    XREF_STREAM All ["6.1.4"] [] "xref-stream" "cross-references stand in a table, and objects in no stream";

    HEX_STRING All ["6.1.6"] ["6.1.6"] "hex-string" "a hexadecimal string holds an even number of hexadecimal digits";
    STREAM_LENGTH All ["6.1.7"] ["6.1.7.1", "6.1.7"] "stream-length" "a stream is as long as it says";
    STREAM_LINES All ["6.1.7"] ["6.1.7.1", "6.1.7"] "stream-lines" "ends of line stand after the word stream and before endstream";
    STREAM_OUTSIDE All ["6.1.7", "6.1.11"] ["6.1.7.1", "6.1.7"] "stream-outside" "a stream's data stand in the file itself";
    FILTER All ["6.1.10"] ["6.1.7.2", "6.1.7"] "filter" "streams are not compressed with LZW, encrypted, or filtered in a way of their own";
    NAME_UTF8 All [] ["6.1.8"] "name-utf8" "names of fonts, colourants and structure types are UTF-8";
    OBJECT_SPACING All ["6.1.8"] ["6.1.9"] "object-spacing" "an object stands on lines of its own, with single spaces between its numbers and obj";
    INLINE_FILTER All ["6.1.10"] ["6.1.10"] "inline-filter" "an inline image is filtered in a way that the standard names, and not with LZW";
    PERMISSIONS All [] ["6.1.12"] "permissions" "the permissions are DocMDP and UR3 alone";
    SIGNATURE_DIGEST All [] ["6.1.12"] "signature-digest" "with DocMDP, signature references hold no digests of their own";
    EMBEDDED_FILE All ["6.1.11"] [] "embedded-file" "the file carries no other files";
    OPTIONAL_CONTENT All ["6.1.13"] [] "optional-content" "the file holds no optional content";
    LIMIT_INTEGER All ["6.1.12"] ["6.1.13"] "limit-integer" "integers fit in 32 bits";
    LIMIT_REAL All ["6.1.12"] ["6.1.13"] "limit-real" "real numbers are neither too large nor too small";
    LIMIT_STRING All ["6.1.12"] ["6.1.13"] "limit-string" "strings are at most 65535 (part 1) or 32767 bytes long";
    LIMIT_NAME All ["6.1.12"] ["6.1.13"] "limit-name" "names are at most 127 bytes long";
    LIMIT_ARRAY All ["6.1.12"] [] "limit-array" "arrays hold at most 8191 entries";
    LIMIT_DICTIONARY All ["6.1.12"] [] "limit-dictionary" "dictionaries hold at most 4095 entries";
    LIMIT_OBJECTS All ["6.1.12"] ["6.1.13"] "limit-objects" "the file holds at most 8388607 objects";
    LIMIT_NESTING All ["6.1.12"] ["6.1.13"] "limit-nesting" "q and Q nest at most 28 deep";
    LIMIT_COLOURANTS All ["6.1.12"] ["6.1.13"] "limit-colourants" "DeviceN has at most 8 (part 1) or 32 colourants";
    LIMIT_CID All ["6.1.12"] ["6.1.13"] "limit-cid" "character identifiers are at most 65535";
    LIMIT_PAGE All [] ["6.1.13"] "limit-page" "page boundaries are 3 to 14400 units wide and high";
    OPERATOR All ["6.2.10"] ["6.2.2"] "operator" "content streams use only the operators of the PDF standard";
    RESOURCES All [] ["6.2.2"] "resources" "a content stream names only resources of its own dictionary";
    OUTPUT_PROFILE All ["6.2.2"] ["6.2.3"] "output-profile" "the output intent's colour profile is a sound printer or monitor profile";
    OUTPUT_INTENTS All ["6.2.2"] ["6.2.3"] "output-intents" "all output intents share one colour profile";
    OUTPUT_PROFILE_OUTSIDE All [] ["6.2.3"] "output-profile-outside" "no output intent refers to a profile outside the file";
    ICC_PROFILE All ["6.2.3.2", "6.2.3"] ["6.2.4.2"] "icc-profile" "ICC colour spaces hold sound profiles with as many components as they say";
    OVERPRINT All [] ["6.2.4.2"] "overprint" "overprint mode 1 is not used with an ICC colour space of four components";
    DEVICE_COLOUR All ["6.2.3.3", "6.2.3"] ["6.2.4.3", "6.2.3"] "device-colour" "device colours are used only with an output intent of the same kind, or a default colour space";
    SPOT_ALTERNATE All ["6.2.3.4", "6.2.3.3"] ["6.2.4.4"] "spot-alternate" "the alternate space of a spot colour is defined like any other colour";
    COLOURANTS All [] ["6.2.4.4"] "colourants" "every spot colour of a DeviceN space is in its Colorants";
    SEPARATION_SAME All [] ["6.2.4.4"] "separation-same" "spot colours of one name are defined alike";
    TRANSFER_FUNCTION All ["6.2.8"] ["6.2.5"] "transfer-function" "graphics states hold no transfer functions (TR, or TR2 other than Default)";
    HALFTONE All [] ["6.2.5"] "halftone" "halftones are of type 1 or 5, without names, and with transfer functions only where they must have them";
    RENDERING_INTENT All ["6.2.9"] ["6.2.6"] "rendering-intent" "rendering intents are one of the four of the standard";
    IMAGE_KEYS All ["6.2.4"] ["6.2.8.1", "6.2.8"] "image-keys" "images have no alternates, no OPI and no interpolation";
    JPX All [] ["6.2.8.3"] "jpeg2000" "JPEG 2000 images have 1, 3 or 4 channels, one colour definition that counts, and none in CIEJab";
    FORM_KEYS All ["6.2.5"] ["6.2.9.1", "6.2.9"] "form-keys" "form XObjects hold no PostScript and no OPI";
    REFERENCE_XOBJECT All ["6.2.6"] ["6.2.9.2", "6.2.9"] "reference-xobject" "nothing is drawn from another file";
    POSTSCRIPT_XOBJECT All ["6.2.7"] ["6.2.9.3", "6.2.9"] "postscript-xobject" "there are no PostScript XObjects";
    TRANSPARENCY All ["6.4"] [] "transparency" "nothing is transparent";
    BLEND_MODE All ["6.4"] ["6.2.10"] "blend-mode" "blend modes are those of the standard (in part 1, Normal and Compatible)";
    BLENDING_SPACE All [] ["6.2.10"] "blending-space" "a page with transparency has a defined blending colour space";
    FONT_KEYS All ["6.3.2"] ["6.2.11.2"] "font-keys" "font dictionaries hold what the PDF standard asks for";
    CID_SYSTEM All ["6.3.3.1"] ["6.2.11.3.1", "6.2.11.3"] "cid-system" "a composite font and its CMap are of the same character collection";
    CID_TO_GID All ["6.3.3.2"] ["6.2.11.3.2", "6.2.11.3"] "cid-to-gid" "a TrueType CID font maps its characters to glyphs";
    CMAP All ["6.3.3.3"] ["6.2.11.3.3", "6.2.11.3"] "cmap" "CMaps are embedded or of the standard, and agree with their dictionaries";
    FONT_EMBEDDED All ["6.3.4"] ["6.2.11.4.1", "6.2.11.4"] "font-embedded" "fonts that are shown are embedded";
    GLYPH_PRESENT All ["6.3.5"] ["6.2.11.4.1", "6.2.11.4"] "glyph-present" "embedded fonts hold every glyph that is shown";
    CHAR_SET All ["6.3.5"] ["6.2.11.4.2", "6.2.11.4"] "char-set" "a subset of a Type 1 font lists its glyphs";
    CID_SET All ["6.3.5"] ["6.2.11.4.2", "6.2.11.4"] "cid-set" "a subset of a CID font lists its characters";
    GLYPH_WIDTH All ["6.3.6"] ["6.2.11.5"] "glyph-width" "widths in the font dictionary are those of the font program";
    FONT_ENCODING All ["6.3.7"] ["6.2.11.6"] "font-encoding" "TrueType fonts have the encoding that their kind asks for";
    TO_UNICODE Unicode ["6.3.8"] ["6.2.11.7.2", "6.2.11.7"] "to-unicode" "every character shown can be turned into Unicode";
    PRIVATE_USE Tagged [] ["6.2.11.7.3", "6.2.11.7"] "private-use" "characters of the private use area have a text to be read instead";
    NOTDEF All [] ["6.2.11.8"] "notdef" "the glyph .notdef is not shown";
    ANNOTATION_TYPE All ["6.5.2"] ["6.3.1"] "annotation-type" "annotations are of the types that the standard allows";
    ANNOTATION_FLAGS All ["6.5.3"] ["6.3.2"] "annotation-flags" "annotations are printed and never hidden";
    ANNOTATION_COLOUR All ["6.5.3"] [] "annotation-colour" "annotations are opaque, and coloured only with an RGB output intent";
    APPEARANCE All ["6.5.3"] ["6.3.3"] "appearance" "annotations have an appearance, and only the normal one";
    FIELD_ACTION All ["6.6.1", "6.6.2", "6.9"] ["6.4.1", "6.5.2"] "field-action" "form fields perform no actions";
    NEED_APPEARANCES All ["6.9"] ["6.4.1"] "need-appearances" "form fields are not drawn anew by the reader";
    FORM_XFA All ["6.9"] ["6.4.2"] "form-xfa" "there is no XFA form";
    SIGNATURE_RANGE All [] ["6.4.3"] "signature-range" "a signature covers the whole file but itself";
    SIGNATURE_FORM All [] ["6.4.3"] "signature-form" "a signature is signed data (RFC 2315) of one signer with a certificate";
    ACTION All ["6.6.1"] ["6.5.1"] "action" "actions only move within the document or follow a link";
    ADDITIONAL_ACTION All ["6.6.2"] ["6.5.2"] "additional-action" "nothing happens by itself on opening, closing or printing";
    METADATA All ["6.7.2"] ["6.6.2.1"] "metadata" "the catalog has a metadata stream";
    METADATA_FILTER All ["6.7.2"] [] "metadata-filter" "the metadata stream is not compressed";
    XMP_HEADER All ["6.7.5"] ["6.6.2.1"] "xmp-header" "the header of the metadata has no bytes and no encoding";
    XMP_FORM All ["6.7.9"] ["6.6.2.1"] "xmp-form" "the metadata are well-formed XMP";
    XMP_PROPERTY All ["6.7.2", "6.7.9", "6.7.8"] ["6.6.2.3.1", "6.6.2.3"] "xmp-property" "every property of the metadata belongs to a schema that is predefined or described";
    XMP_TYPE All ["6.7.2", "6.7.9"] ["6.6.2.3.1", "6.6.2.3"] "xmp-type" "every property of the metadata has a value of its type";
    EXTENSION_SCHEMA All ["6.7.8"] ["6.6.2.3.3", "6.6.2.3.2", "6.6.2.3"] "extension-schema" "extension schemas are described as the standard asks";
    INFO_AGREES All ["6.7.3", "6.1.5"] [] "info-agrees" "the document information dictionary agrees with the metadata";
    IDENTIFICATION All ["6.7.11"] ["6.6.4"] "identification" "the metadata name the part and level of the standard";
    MARKED Tagged ["6.8.2.2", "6.8.2"] ["6.7.2.2", "6.7.2"] "marked" "the file says that it is tagged";
    STRUCTURE_TREE Tagged ["6.8.3.3", "6.8.3"] ["6.7.3.3", "6.7.3"] "structure-tree" "the file has a tree of structure elements";
    ROLE_MAP Tagged ["6.8.3.4", "6.8.3"] ["6.7.3.4", "6.7.3"] "role-map" "structure types are standard ones, or are mapped to them without circles";
    LANGUAGE Tagged ["6.8.4"] ["6.7.4"] "language" "languages are written as language tags";
    EMBEDDED_PDFA All [] ["6.8"] "embedded-pdfa" "embedded files are themselves PDF/A (part 2)";
    FILE_SPECIFICATION All [] ["6.8"] "file-specification" "an embedded file has a name in F and in UF";
    ASSOCIATED_FILE All [] ["6.8"] "associated-file" "an embedded file has a type and says what it is to the document (part 3)";
    OPTIONAL_CONTENT_CONFIGURATION All [] ["6.9"] "optional-content-configuration" "configurations of optional content have names of their own, list every group and change nothing by themselves";
    ALTERNATE_PRESENTATION All [] ["6.10"] "alternate-presentation" "there are no alternate presentations and no steps within a page";
    REQUIREMENTS All [] ["6.11"] "requirements" "the file asks for no features of its reader";
}

/// What the standard asks and this check does not judge: its clauses in part 1 and in parts 2 and 3, and
/// what is left to a full validator or to a person.
pub static NOT_COVERED: &[(&str, &str, &str)] = &[
    ("6.1.7", "6.1.7.1", "that compressed streams that nothing is drawn with can be decompressed"),
    ("6.2.2", "6.2.3", "colour profiles beyond their header: their tags and curves"),
    ("–", "6.2.4.2", "that an ICC space of four components is not the output intent's own profile"),
    ("6.2.4", "6.2.8.2", "colours of thumbnails; the data of images other than JPEG 2000 headers"),
    ("6.3.2", "6.2.11.2", "font programs beyond what reading their glyphs and widths asks for"),
    ("6.3.5", "6.2.11.4.2", "that a CIDSet lists every glyph of a TrueType font program"),
    ("6.3.6", "6.2.11.5", "widths of the glyphs of Type 3 fonts"),
    ("–", "6.4.3", "whether digital signatures hold"),
    ("6.7.4", "6.6.3", "metadata of single objects beyond their schemas and types"),
    ("6.7.6, 6.7.7", "6.6.5, 6.6.6", "identifiers and history of the file in its metadata"),
    ("6.7.10", "–", "metadata of fonts"),
    (
        "6.8.2, 6.8.5 – 6.8.8",
        "6.7.2, 6.7.5 – 6.7.8",
        "whether tags, alternative texts and the order of reading fit what is shown",
    ),
    ("–", "6.8", "what kind of relation an embedded file truly has to the document"),
];

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/pdfa.md");

    fn numbers(clauses: &[&str]) -> String {
        if clauses.is_empty() { "–".to_owned() } else { clauses.join(", ") }
    }

    /// The page says of every clause whether it is judged: this is the table as it should stand there.
    #[test]
    fn the_page_has_the_table_of_clauses_that_is_in_the_code() {
        let judged = COVERED.iter().map(|clause| {
            let levels = match clause.binds {
                Binds::All => "all",
                Binds::Unicode => "U, A",
                Binds::Tagged => "A",
            };
            let (one, two) = (numbers(clause.part_1), numbers(clause.part_2));
            format!("| {one} | {two} | {levels} | {} | `{}` |\n", clause.words, clause.name)
        });
        let left_out = NOT_COVERED.iter();
        let left_out = left_out.map(|(one, two, what)| format!("| {one} | {two} | {what} |\n"));
        let table = [
            "| Part 1 | Parts 2 and 3 | Levels | What is asked | Name |\n|---|---|---|---|---|\n",
            &judged.collect::<String>(),
            "\n## What is not judged\n\n| Part 1 | Parts 2 and 3 | What |\n|---|---|---|\n",
            &left_out.collect::<String>(),
        ];
        let table = table.concat();
        let page = std::fs::read_to_string(PAGE).unwrap();
        assert!(page.contains(&table), "docs/pdfa.md should hold:\n{table}");
    }

    #[test]
    fn names_of_clauses_are_their_own() {
        let mut names: Vec<&str> = COVERED.iter().map(|clause| clause.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), COVERED.len());
    }
}
