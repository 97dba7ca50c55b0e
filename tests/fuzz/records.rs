//! Consent records, the tables of face sets and corrections: text.

use standin::consent::Consent;
use standin::train::extract::corrections::{Correction, Corrections};
use standin::train::faceset::{FaceSet, HEADER, LANDMARKS, TABLE};

use super::face_sets::{header, record};
use super::fuzz;
use super::mutate::mutate;

#[test]
fn consent_records() {
    let text = |extra: &str| {
        format!(
            "subject = \"Ben\"\nstatement = \"\"\"\nI agree.\nFor a year.\"\"\"\nuses = [\"research\", \"film\"]\n\
             from = 2026-01-01\nuntil = \"2027-01-31\"\ncontact = \"ben@standin.invalid\"\nmodel_sha256 = \"{}\"\n{extra}",
            "0f".repeat(32)
        )
        .into_bytes()
    };
    let corpus = [text(""), text("[signature]\nkey = \"x\"\nvalue = 1\n")];
    let words =
        ["9999-12-31", "-0001-01-01", "2026-02-30", "2026-01-01T00:00:00Z", "\"\"", "[", "]]", "\\u0000", "uses = []"];
    let folder = tempfile::tempdir().unwrap();
    let model = folder.path().join("model.dfm");
    fuzz(
        "consent",
        |random| mutate(&corpus, &words, random),
        |bytes| {
            std::fs::write(Consent::path_for(&model), bytes).unwrap();
            let Ok(consent) = Consent::beside(&model) else { return false };
            assert!(consent.from <= consent.until && !consent.uses.is_empty());
            assert!(!consent.subject.trim().is_empty() && consent.model_sha256.len() == 64);
            let _ = (consent.expires(), consent.check(&consent.model_sha256, standin::consent::today()));
            // What was read can be written, and is the same again.
            let again = Consent::parse(&consent.to_toml().expect("it was valid"), &model).expect("it was just written");
            assert_eq!(again, consent);
            true
        },
    );
}

#[test]
fn the_tables_of_face_sets() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join(HEADER), serde_json::to_string(&header()).unwrap()).unwrap();
    let line = |n: usize| serde_json::to_string(&record(n, 3.0, 0.3)).unwrap() + "\n";
    let corpus = [line(0).into_bytes(), (line(1) + &line(2)).into_bytes()];
    let words = ["1e39", "-1", "null", "\"performance\":{\"person\":4294967295}", "../", "[[]]", "\n", "\"hull\""];
    fuzz(
        "face-set-table",
        |random| mutate(&corpus, &words, random),
        |bytes| {
            std::fs::write(folder.path().join(TABLE), bytes).unwrap();
            let Ok(set) = FaceSet::open(folder.path()) else { return false };
            for face in &set.faces {
                assert!(face.landmarks.len() == LANDMARKS && face.landmarks.iter().flatten().all(|v| v.is_finite()));
                assert!(folder.path().join(&face.picture).starts_with(folder.path()));
                assert!(!face.picture.contains("..") || !face.picture.split('/').any(|part| part == ".."));
            }
            assert_eq!(set.people().len(), set.faces.len());
            let _ = set.content_hash();
            true
        },
    );
}

#[test]
fn the_headers_of_face_sets() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join(TABLE), "").unwrap();
    let corpus = [serde_json::to_vec(&header()).unwrap(), serde_json::to_vec_pretty(&header()).unwrap()];
    let words = ["\"version\":2", "1e39", "-1", "null", "\"rigid\"", "{}", "18446744073709551616"];
    fuzz(
        "face-set-header",
        |random| mutate(&corpus, &words, random),
        |bytes| {
            std::fs::write(folder.path().join(HEADER), bytes).unwrap();
            let Ok(set) = FaceSet::open(folder.path()) else { return false };
            assert!(set.header.coverage.is_finite() && set.header.coverage > 0.0);
            true
        },
    );
}

#[test]
fn corrections() {
    let points = vec!["[1, 2.5]"; LANDMARKS].join(", ");
    let toml = format!(
        "[[correction]]\nsource = \"a.mp4\"\nframe = 3\nrectangle = [1, 2, 30, 40]\n\
         [[correction]]\nsource = \"b.png\"\ndrop = true\n\
         [[correction]]\nsource = \"c.mp4\"\nframe = 1\nlandmarks = [{points}]\n"
    );
    let json = r#"{"correction": [{"source": "a.mp4", "frame": 3, "rectangle": [1, 2, 30, 40]}, {"source": "b.png", "drop": true}]}"#;
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in [("corrections.toml", toml.as_str()), ("corrections.json", json)] {
        let corpus = [text.as_bytes().to_vec()];
        let words = ["nan", "inf", "-1", "1e39", "drop = true", "\"drop\": true", "frame = 18446744073709551615", "[["];
        let file = folder.path().join(name);
        fuzz(
            name,
            |random| mutate(&corpus, &words, random),
            |bytes| {
                std::fs::write(&file, bytes).unwrap();
                let Ok(corrections) = Corrections::read(&file) else { return false };
                for (source, frame) in [("a.mp4", 3), ("b.png", 0), ("c.mp4", 1)] {
                    match corrections.of(source, frame) {
                        Some(Correction::Rectangle(rect)) => {
                            assert!([rect.x, rect.y, rect.w, rect.h].iter().all(|v| v.is_finite()));
                            assert!(rect.w >= 1.0 && rect.h >= 1.0);
                        }
                        Some(Correction::Landmarks(points)) => assert_eq!(points.len(), LANDMARKS),
                        Some(Correction::Drop) | None => {}
                    }
                }
                let _ = corrections.strangers(&["a.mp4"]);
                true
            },
        );
    }
}
