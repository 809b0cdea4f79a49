//! Names of people and streets: common Finnish and Swedish ones, put together by chance.

/// Given names of one time: the first year of birth, then women's and men's.
pub(super) struct Era {
    pub(super) from: i16,
    pub(super) women: &'static [&'static str],
    pub(super) men: &'static [&'static str],
}

/// Given names by the time of birth, oldest first.
pub(super) const ERAS: &[Era] = &[
    Era {
        from: 1900,
        women: &[
            "Aino",
            "Helmi",
            "Irja",
            "Kerttu",
            "Lahja",
            "Martta",
            "Raili",
            "Sirkka",
            "Taimi",
            "Anna-Liisa",
            "Eila",
            "Hilkka",
            "Kaarina",
            "Maija",
            "Pirkko",
            "Ritva",
        ],
        men: &[
            "Arvo", "Eino", "Kalevi", "Lauri", "Martti", "Olavi", "Pentti", "Reino", "Tauno",
            "Toivo", "Urho", "Veikko", "Erkki", "Paavo", "Viljo", "Niilo",
        ],
    },
    Era {
        from: 1946,
        women: &[
            "Anneli", "Leena", "Marja", "Päivi", "Raija", "Sirpa", "Tuula", "Ulla", "Merja",
            "Eija", "Kirsti", "Marjatta", "Riitta", "Seija", "Tarja", "Arja",
        ],
        men: &[
            "Antero", "Hannu", "Heikki", "Jorma", "Jukka", "Kari", "Matti", "Pekka", "Raimo",
            "Reijo", "Seppo", "Tapio", "Timo", "Juhani", "Markku", "Esko",
        ],
    },
    Era {
        from: 1968,
        women: &[
            "Anu", "Heli", "Johanna", "Katja", "Kirsi", "Marika", "Minna", "Mari", "Niina", "Outi",
            "Sanna", "Satu", "Susanna", "Tanja", "Terhi", "Virpi",
        ],
        men: &[
            "Jani", "Jari", "Janne", "Jussi", "Kimmo", "Marko", "Mika", "Mikko", "Pasi", "Petri",
            "Sami", "Tero", "Toni", "Tuomas", "Vesa", "Ville",
        ],
    },
    Era {
        from: 1988,
        women: &[
            "Annika",
            "Emilia",
            "Essi",
            "Henna",
            "Iida",
            "Jenna",
            "Jenni",
            "Karoliina",
            "Laura",
            "Noora",
            "Roosa",
            "Sara",
            "Sofia",
            "Veera",
            "Vilma",
            "Oona",
        ],
        men: &[
            "Aleksi", "Antti", "Eetu", "Joonas", "Juho", "Jere", "Jesse", "Lauri", "Matias",
            "Niko", "Oskari", "Roope", "Samuli", "Santeri", "Teemu", "Valtteri",
        ],
    },
    Era {
        from: 2006,
        women: &[
            "Aada", "Aava", "Eevi", "Ella", "Enni", "Helmi", "Isla", "Kerttu", "Lilja", "Linnea",
            "Lumi", "Minea", "Olivia", "Pihla", "Venla", "Viola",
        ],
        men: &[
            "Eino", "Elias", "Hugo", "Joel", "Leevi", "Leo", "Lenni", "Niilo", "Oiva", "Oliver",
            "Onni", "Otso", "Toivo", "Vilho", "Väinö", "Eemil",
        ],
    },
];

/// Given names of Swedish speakers: women's, then men's.
pub(super) const SWEDISH: (&[&str], &[&str]) = (
    &[
        "Astrid", "Birgitta", "Ellen", "Gunilla", "Ida", "Karin", "Linnéa", "Märta", "Sofia",
        "Ulrika",
    ],
    &["Anders", "Axel", "Bengt", "Emil", "Fredrik", "Gustav", "Henrik", "Kaj", "Nils", "Oskar"],
);

/// Given names of people from elsewhere: women's, then men's.
pub(super) const ELSEWHERE: (&[&str], &[&str]) = (
    &["Amina", "Fatima", "Irina", "Leyla", "Nadia", "Oksana", "Svetlana", "Zahra"],
    &["Abdi", "Ahmed", "Andrij", "Hassan", "Igor", "Mohammed", "Omar", "Yusuf"],
);

/// Family names of people from elsewhere.
pub(super) const FAMILY_ELSEWHERE: &[&str] =
    &["Ahmadi", "Bondarenko", "Farah", "Hussein", "Ivanov", "Kovalenko", "Mohamud", "Petrova"];

/// Family names of Swedish speakers.
pub(super) const FAMILY_SWEDISH: &[&str] = &[
    "Ahlskog",
    "Bergström",
    "Ekholm",
    "Fagerlund",
    "Granqvist",
    "Holmberg",
    "Lindroos",
    "Nyberg",
    "Sandell",
    "Söderholm",
    "Wikström",
    "Österlund",
];

/// Family names.
pub(super) const FAMILY: &[&str] = &[
    "Aalto",
    "Aho",
    "Alanen",
    "Anttila",
    "Eskelinen",
    "Haapala",
    "Hakala",
    "Hakkarainen",
    "Harju",
    "Heikkilä",
    "Heinonen",
    "Hiltunen",
    "Hirvonen",
    "Huttunen",
    "Hyvönen",
    "Hämäläinen",
    "Ikonen",
    "Immonen",
    "Jokela",
    "Jokinen",
    "Jääskeläinen",
    "Kallio",
    "Karjalainen",
    "Karppinen",
    "Kauppinen",
    "Kettunen",
    "Kinnunen",
    "Kivelä",
    "Koivisto",
    "Koponen",
    "Korhonen",
    "Koskinen",
    "Kukkonen",
    "Laakso",
    "Lahtinen",
    "Laine",
    "Laitinen",
    "Lappalainen",
    "Lehtinen",
    "Lehtonen",
    "Leppänen",
    "Lindholm",
    "Luoma",
    "Manninen",
    "Mattila",
    "Miettinen",
    "Moilanen",
    "Mustonen",
    "Mäkelä",
    "Mäkinen",
    "Niemi",
    "Nieminen",
    "Niskanen",
    "Nurmi",
    "Ojala",
    "Oksanen",
    "Parviainen",
    "Peltola",
    "Peltonen",
    "Pesonen",
    "Pitkänen",
    "Pulkkinen",
    "Räsänen",
    "Rantanen",
    "Rautio",
    "Ruotsalainen",
    "Saarinen",
    "Salmi",
    "Salminen",
    "Salo",
    "Salonen",
    "Savolainen",
    "Seppälä",
    "Sirola",
    "Soininen",
    "Suomalainen",
    "Tervo",
    "Toivonen",
    "Tolonen",
    "Tuominen",
    "Turunen",
    "Uotila",
    "Uusitalo",
    "Vainio",
    "Vartiainen",
    "Virtanen",
    "Voutilainen",
    "Väisänen",
    "Väänänen",
    "Ylönen",
];

/// Given names of workers.
pub(super) const WORKERS: &[&str] = &[
    "Anna", "Elina", "Hanna", "Heidi", "Jaana", "Kaisa", "Katri", "Leena", "Liisa", "Maarit",
    "Marjo", "Milla", "Nina", "Paula", "Pauliina", "Piia", "Riikka", "Saija", "Suvi", "Tiina",
    "Ilkka", "Jarkko", "Juha", "Lasse", "Mikael", "Olli", "Risto", "Tommi",
];

/// Streets.
pub(super) const STREETS: &[&str] = &[
    "Asemakatu",
    "Haapakuja",
    "Hallitie",
    "Harjutie",
    "Kalliokatu",
    "Kanavakatu",
    "Kirkkotie",
    "Koivukuja",
    "Koulukatu",
    "Kuusitie",
    "Leppätie",
    "Metsäkatu",
    "Myllytie",
    "Mäntypolku",
    "Niittykuja",
    "Pappilantie",
    "Peltokatu",
    "Pihlajatie",
    "Rantatie",
    "Ruusukuja",
    "Satamakatu",
    "Tallitie",
    "Torikatu",
    "Vanhatie",
];
