//! What a user sets. All of it is kept with the face set, which goes on only under the same settings.

use serde::{Deserialize, Serialize};

use crate::face::{Alignment, BlazeFace, CropSettings, FaceType, Mesh};
use crate::train::faceset::{Performance, Sex};

/// Which of several faces in a frame are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Several {
    /// None of them.
    Skip,
    /// The largest.
    #[default]
    Largest,
    /// Every one.
    All,
}

/// Which detector searches whole frames.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum DetectorChoice {
    /// BlazeFace back, 256 px: finds faces from about 1/18 of the picture's longer side.
    #[default]
    Back,
    /// BlazeFace short range, 128 px: five times cheaper, for faces that fill a quarter of the picture or more.
    Short,
}

impl DetectorChoice {
    /// The network.
    pub const fn network(self) -> BlazeFace {
        match self {
            Self::Back => BlazeFace::Back,
            Self::Short => BlazeFace::Short,
        }
    }
}

/// What is face where nobody supplied masks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum MaskChoice {
    /// What the occlusion network takes for it: hair and hands before the face are none, all of the forehead is. A
    /// face of which it sees too little gets the hull.
    #[default]
    Network,
    /// The hull of the landmarks.
    Hull,
}

/// Which faces are dropped. A limit that is not set drops nothing.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct CleanUp {
    /// Frames with several faces.
    pub several: Several,
    /// Keep only the faces of this track.
    pub track: Option<u32>,
    /// Least score of the mesh, 0..1.
    pub threshold: f32,
    /// Least side of the crop in source px.
    pub min_size: f32,
    /// Least variance of the Laplacian ([`FaceRecord::sharpness`](crate::train::faceset::FaceRecord::sharpness)).
    pub min_sharpness: f32,
    /// Least mean luma within the mask, 0..1.
    pub min_exposure: f32,
    /// Largest mean luma within the mask, 0..1.
    pub max_exposure: Option<f32>,
    /// Largest turn to either side in degrees.
    pub max_yaw: Option<f32>,
    /// Largest nod up or down in degrees.
    pub max_pitch: Option<f32>,
    /// Drop a face whose hash differs in so many bits or fewer from one of the last that were kept.
    pub near_duplicates: Option<u32>,
}

/// How faces are extracted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ExtractSettings {
    /// Name of the crop, as [`FaceType::name`].
    pub face_type: String,
    /// Name of the alignment, as [`Alignment::name`]; face sets of before there were several have the template's.
    #[serde(default = "template")]
    pub alignment: String,
    /// Frames of the performance that each person of a clip performs, one person after the other.
    #[serde(default)]
    pub performances: Option<u64>,
    /// Frames of each person of a clip, one person after the other, all of their own.
    #[serde(default)]
    pub people: Option<u64>,
    /// Sexes of the people of a clip, in their order; empty where nobody said.
    #[serde(default)]
    pub sexes: Vec<Sex>,
    /// Largest side of a crop in px; larger faces are reduced to it.
    pub max_side: u32,
    /// Points of the mesh that landmarks and alignment come from. 478: it sees closed lids and open mouths, by which
    /// samples are balanced. Crops lie where the 468 points of the live default put them, within 0.1 px of 160 on
    /// average over 42 people.
    #[serde(default = "first_mesh")]
    pub mesh: usize,
    /// Quality of crops as JPEG files, 1..100; none for PNG.
    #[serde(default)]
    pub jpeg: Option<u8>,
    /// Frames from one that is looked at to the next.
    pub every: u64,
    /// The detector.
    pub detector: DetectorChoice,
    /// Frames from one run of the detector to the next while every face is followed.
    pub detect_interval: u32,
    /// Masks of sources without any; face sets of before there was a choice have hulls.
    #[serde(default = "first_masks")]
    pub masks: MaskChoice,
    /// Class ids of supplied masks that are the face; none where masks are grey levels.
    pub mask_classes: Vec<u8>,
    /// SHA-256 of the file of corrections.
    pub corrections: Option<String>,
    /// Which faces are dropped.
    pub clean_up: CleanUp,
}

impl Default for ExtractSettings {
    fn default() -> Self {
        Self {
            face_type: FaceType::default().name().to_owned(),
            alignment: Alignment::Rigid.name().to_owned(),
            performances: None,
            people: None,
            sexes: Vec::new(),
            max_side: 1024,
            mesh: Mesh::Points478.points(),
            jpeg: None,
            every: 1,
            detector: DetectorChoice::default(),
            detect_interval: 5,
            masks: MaskChoice::default(),
            mask_classes: Vec::new(),
            corrections: None,
            clean_up: CleanUp::default(),
        }
    }
}

impl ExtractSettings {
    /// The crop.
    pub fn crop(&self) -> CropSettings {
        CropSettings {
            face_type: FaceType::named(&self.face_type).unwrap_or_default(),
            alignment: Alignment::named(&self.alignment).unwrap_or_default(),
            ..CropSettings::default()
        }
    }

    /// The mesh.
    pub fn mesh(&self) -> Mesh {
        Mesh::of_points(self.mesh).unwrap_or(Mesh::Points478)
    }

    /// Frames of each person of a clip of several, whether all perform the same or not.
    pub fn frames_each(&self) -> Option<u64> {
        self.performances.or(self.people).filter(|&frames| frames > 0)
    }

    /// Whose frame of a clip the one at `index` is, in a clip of several people.
    pub fn performance(&self, index: u64) -> Option<Performance> {
        let frames = self.frames_each()?;
        let person = u32::try_from(index / frames).unwrap_or(u32::MAX);
        let sex = self.sexes.get(person as usize).copied();
        Some(Performance { person, frame: self.performances.map(|frames| (index % frames) as u32), sex })
    }

    /// Which settings differ from `others`, each with both values; empty where none does.
    pub fn differences(&self, others: &Self) -> String {
        let [ours, theirs] = [self, others].map(|settings| serde_json::to_value(settings).unwrap_or_default());
        let mut found = Vec::new();
        differences("", &ours, &theirs, &mut found);
        found.join(", ")
    }
}

/// The mesh of face sets from before there was a choice.
fn first_mesh() -> usize {
    Mesh::Points468.points()
}

fn first_masks() -> MaskChoice {
    MaskChoice::Hull
}

fn template() -> String {
    Alignment::Template.name().to_owned()
}

fn differences(name: &str, ours: &serde_json::Value, theirs: &serde_json::Value, found: &mut Vec<String>) {
    if let (Some(ours), Some(theirs)) = (ours.as_object(), theirs.as_object()) {
        for (name, ours) in ours {
            differences(name, ours, theirs.get(name).unwrap_or(&serde_json::Value::Null), found);
        }
    } else if ours != theirs {
        found.push(format!("{}: {theirs}, now {ours}", name.replace('_', "-")));
    }
}
