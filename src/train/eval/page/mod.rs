//! The report as one HTML page: no scripts, nothing from elsewhere.

mod plot;
mod text;

use std::fmt::Write;

use super::Evaluation;
use super::album::AlbumFrame;
use super::expression::Follows;
use super::figures::{Better, METRICS, Metric, metric_named};
use super::report::EvalReport;
use super::table::{Needs, ROWS};
use plot::{Plot, outcomes};
use text::{escaped, exact, img, number};

/// Pictures from all over the clip.
const FRAMES: usize = 12;

/// The page.
///
/// # Errors
/// Where a picture cannot be encoded.
pub fn page(evaluation: &Evaluation) -> Result<String, image::ImageError> {
    let Evaluation { report, album } = evaluation;
    let mut html = format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <title>Evaluation of {}</title>\n<style>\n{}</style></head>\n<body><main>\n",
        escaped(&report.model),
        include_str!("style.css")
    );
    about(&mut html, report);
    cards(&mut html, report);
    main_table(&mut html, report);
    tones(&mut html, report);
    heading(&mut html, "Pictures", "From all over the clip: the source, the swap, and the truth where there is one.");
    frames(&mut html, &album.spread(FRAMES))?;
    let worst: Vec<&AlbumFrame> = album.worst().collect();
    let by = if report.truth.is_some() { "MS-GMSD to the truth" } else { "distance of its landmarks to the source's" };
    heading(&mut html, "Worst frames", &format!("Chosen by {by}, worst first."));
    frames(&mut html, &worst)?;
    sections(&mut html, report);
    expression_table(&mut html, report);
    timing(&mut html, report);
    table(&mut html, report);
    html.push_str("</main></body></html>\n");
    Ok(html)
}

fn heading(html: &mut String, title: &str, note: &str) {
    let _ = writeln!(html, "<h2>{}</h2><p class=\"soft\">{}</p>", escaped(title), escaped(note));
}

fn about(html: &mut String, report: &EvalReport) {
    let file = std::path::Path::new(&report.model).file_name().map(|name| name.to_string_lossy().into_owned());
    let _ = write!(html, "<h1>{}</h1>", escaped(&file.unwrap_or_else(|| report.model.clone())));
    let size = format!(
        "{}×{}, {} frames at {} fps",
        report.width,
        report.height,
        report.delivery.frames,
        number(report.clip_fps as f32)
    );
    let lines = [
        ("Model", Some(report.model.clone())),
        ("Face of", Some(report.subject.clone())),
        ("Driver", Some(format!("{} ({size})", report.driver))),
        ("Truth", report.truth.clone()),
        ("Compared under", report.truth.is_some().then(|| report.mask.clone())),
        ("Target", report.target.clone()),
        ("Ground truth", report.ground_truth.clone()),
        ("By", Some(report.tool.clone())),
    ];
    html.push_str("<dl class=\"about\">");
    for (name, value) in lines.iter().filter_map(|(name, value)| Some((name, value.as_ref()?))) {
        let _ = write!(html, "<dt>{name}</dt><dd>{}</dd>", escaped(value));
    }
    html.push_str("</dl>\n");
}

/// The figures that one looks at first.
fn cards(html: &mut String, report: &EvalReport) {
    html.push_str("<div class=\"cards\">");
    let mut card = |value: String, title: &str, note: String, verdict: Option<bool>| {
        let class = verdict.map_or("", |good| if good { " good" } else { " bad" });
        let _ = write!(html, "<div class=\"card{class}\">{title}<b>{value}</b><small>{}</small></div>", escaped(&note));
    };
    let mean = |key: &str| report.figures.get(key).map(|spread| spread.mean);
    if let Some(identity) = &report.identity {
        let nearer = identity.to_target < identity.to_driver;
        let note = format!("{} to the driver; same person below {}", number(identity.to_driver), identity.same);
        card(number(identity.to_target), "Identity, to target", note, Some(nearer));
    }
    for (key, title, higher) in [("ssim", "SSIM to truth", true), ("perceptual", "MS-GMSD to truth", false)] {
        if let (Some(swapped), Some(unswapped)) = (mean(key), mean(&format!("{key}_unswapped"))) {
            let better = if higher { swapped > unswapped } else { swapped < unswapped };
            card(number(swapped), title, format!("{} unswapped", number(unswapped)), Some(better));
        }
    }
    if let Some(pose) = mean("pose") {
        let truth = mean("pose_to_truth").map(|truth| format!("{}° to the truth clip", number(truth)));
        let known = mean("pose_to_ground_truth").zip(mean("pose_floor")).map(|(known, floor)| {
            format!("{}° to ground truth, where the source has {}°", number(known), number(floor))
        });
        let note: Vec<String> = truth.into_iter().chain(known).collect();
        card(format!("{}°", number(pose)), "Pose error", note.join("; "), None);
    }
    if !report.expression.is_empty() {
        let of = |value: fn(&Follows) -> f32| {
            report.expression.iter().map(value).sum::<f32>() / report.expression.len() as f32
        };
        let note = "mean correlation of eyes, mouth, brows, gaze with the source's".to_owned();
        card(number(of(|f| f.correlation)), "Expression followed", note, None);
    }
    if let Some(flicker) = mean("flicker") {
        let note = format!("codes a frame beyond the source's {}", number(mean("flicker_source").unwrap_or(0.0)));
        card(number(flicker), "Flicker", note, None);
    }
    let d = &report.delivery;
    let missed = d.missed.map_or(String::new(), |missed| format!(", {missed} missed"));
    let note =
        format!("{} held, {} concealed, {} untouched, {} dropped{missed}", d.held, d.concealed, d.untouched, d.dropped);
    card(
        format!("{} / {}", d.swapped, d.frames),
        "Frames swapped",
        note,
        Some(d.swapped > 0 && d.missed.unwrap_or(0) == 0),
    );
    card(report.outside.to_string(), "Samples changed outside", "must be 0".to_owned(), Some(report.outside == 0));
    let note = format!("one frame at a time, {} thread(s)", report.timing.threads);
    card(number(report.timing.fps as f32), "Frames a second", note, None);
    if let Some(reconstruction) = &report.reconstruction {
        let side = |value: Option<f32>| value.map_or_else(|| "–".to_owned(), number);
        let note = format!("driver's side; target's {}; after {} steps", side(reconstruction.b), reconstruction.step);
        card(side(reconstruction.a), "Reconstruction DSSIM", note, None);
    }
    html.push_str("</div>\n");
}

/// Every row, with truth and without.
fn main_table(html: &mut String, report: &EvalReport) {
    heading(
        html,
        "Table",
        "Means over the clip. A crop px is a pixel of a full-face crop of 160 px, a hundredth of the way from the brows to the mouth. SSIM is taken two of them inside of the face's edge; gains are those of the best shift of each frame. The truth's own value is what a perfect swap would have: the measurement has its limits.",
    );
    html.push_str("<table><tr><th>figure</th><th>value</th><th>unit</th><th>better</th><th>the truth's own</th></tr>");
    for row in &ROWS {
        let value = match (report.table.get(row.key).copied().flatten(), row.needs) {
            (Some(value), _) => exact(value),
            (None, Needs::Truth) if report.truth.is_none() => "needs --truth".to_owned(),
            (None, Needs::Target) if report.target.is_none() => "needs --truth or --target".to_owned(),
            (None, _) => "not to be measured".to_owned(),
        };
        let better = match row.better {
            Better::Higher => "higher".to_owned(),
            Better::Lower => "lower".to_owned(),
            Better::Near(right) => format!("near {right}"),
            Better::Neither => String::new(),
        };
        let _ = write!(
            html,
            "<tr><td>{}</td><td>{value}</td><td>{}</td><td>{better}</td><td>{}</td></tr>",
            escaped(row.title),
            row.unit,
            report.table_of_truth.get(row.key).copied().map(exact).unwrap_or_default()
        );
    }
    html.push_str("</table>\n");
}

fn tones(html: &mut String, report: &EvalReport) {
    if report.skin_tones.is_empty() {
        return;
    }
    heading(
        html,
        "By skin tone",
        "The driver's skin in each frame, by its typology angle (from lightness and yellowness of the picture, so that light and exposure count). Nearer: the output is nearer to the target's mean face than to the performer's in the same frame.",
    );
    html.push_str("<table><tr><th>tone</th><th>frames</th><th>angle</th><th>nearer</th><th>to target</th><th>to performer</th></tr>");
    for tone in &report.skin_tones {
        let _ = write!(
            html,
            "<tr><td>{}</td><td>{}</td><td>{:.0}°</td><td>{:.0} %</td><td>{}</td><td>{}</td></tr>",
            tone.tone,
            tone.frames,
            tone.angle,
            100.0 * tone.nearer_to_target,
            number(tone.to_target),
            number(tone.to_performer)
        );
    }
    html.push_str("</table>\n");
}

fn frames(html: &mut String, frames: &[&AlbumFrame]) -> Result<(), image::ImageError> {
    html.push_str("<div class=\"shots\">");
    for frame in frames {
        html.push_str("<figure class=\"shot\"><div>");
        for (what, picture) in &frame.pictures {
            html.push_str(&img(picture, &format!("frame {}, {what}", frame.frame))?);
        }
        let names: Vec<&str> = frame.pictures.iter().map(|(what, _)| *what).collect();
        let _ = writeln!(html, "</div><figcaption>frame {}: {}</figcaption></figure>", frame.frame, names.join(", "));
    }
    html.push_str("</div>\n");
    Ok(())
}

/// Names of the metrics in one plot, a line to hold them against with its label, and whether the axis begins at 0.
type SectionPlot<'a> = (&'a [&'a str], Option<(f32, &'static str)>, bool);

fn sections(html: &mut String, report: &EvalReport) {
    heading(html, "Delivery", "What the live path let out.");
    html.push_str(&outcomes(&report.frames));
    let mut section = |title: &str, note: &str, plots: &[SectionPlot<'_>]| {
        let drawn: String = plots
            .iter()
            .map(|(keys, mark, from_zero)| {
                let metrics: Vec<&'static Metric> = keys
                    .iter()
                    .filter_map(|key| metric_named(key))
                    .filter(|metric| report.figures.contains_key(metric.key))
                    .collect();
                Plot { metrics: &metrics, mark: *mark, from_zero: *from_zero }.svg(&report.frames)
            })
            .collect();
        if !drawn.is_empty() {
            heading(html, title, note);
            html.push_str(&drawn);
        }
    };
    section(
        "Likeness to the truth",
        "Under the face's mask, at the frame's own resolution. SSIM and MS-GMSD of luma, PSNR of colours. MS-GMSD stands in for a learned perceptual distance; 0 is equal.",
        &[
            (&["ssim", "ssim_registered", "ssim_unswapped"], None, false),
            (&["bare_ssim", "bare_ssim_registered"], None, false),
            (&["shift_x", "shift_y", "bare_shift_x", "bare_shift_y"], None, true),
            (&["perceptual", "perceptual_unswapped"], None, true),
            (&["psnr", "psnr_unswapped"], None, false),
        ],
    );
    section(
        "Eyes and mouth",
        "Each by itself, against the truth. Detail is the energy of lids, lashes and irises over the truth's, or over what the target's eyes usually have: 1 is right, less is blurred.",
        &[
            (&["eye_ssim_right", "eye_ssim_left", "mouth_ssim"], None, true),
            (&["eye_difference_right", "eye_difference_left", "mouth_difference"], None, true),
            (&["eye_detail"], Some((1.0, "as sharp")), true),
            (&["iris_to_truth"], None, true),
        ],
    );
    let same = report.identity.map(|identity| (identity.same, "same person below"));
    section(
        "Identity",
        "Distance between faces in the space of an identity network (dlib's ResNet, 128 numbers), each to a mean face.",
        &[
            (&["to_target", "to_driver", "unswapped_to_target", "truth_to_target"], same, true),
            (&["bare_to_target", "bare_to_driver"], same, true),
        ],
    );
    section(
        "Pose",
        "From the face mesh: yaw, pitch and roll of the output against the source's, in degrees, without the mean difference over the clip, which is the faces' shape. With ground truth, the source's own error shows how exact the measurement is.",
        &[
            (&["yaw", "pitch", "roll"], None, true),
            (&["pose_to_truth", "pose_to_ground_truth", "pose_floor"], None, true),
        ],
    );
    section(
        "Expression",
        "Eye and mouth openings, mouth width, brow heights and gaze in canonical units (eyebrows to mouth is about 1): mean absolute difference without the mean difference over the clip. Faces turned further than 45° do not count.",
        &[(&["expression"], None, true), (&["expression_to_ground_truth", "expression_floor"], None, true)],
    );
    section(
        "Flicker and jitter",
        "Change of the aligned face from one frame to the next in luma codes (of 255), and second differences of landmarks that no expression moves, in thousandths of a canonical unit. Warping error: what changes beyond the motion of the truth, or of the source where there is none.",
        &[
            (&["flicker_output", "flicker_source"], None, true),
            (&["jitter_output", "jitter_source"], None, true),
            (&["warping_output", "warping_reference", "temporal"], None, true),
        ],
    );
    section(
        "Seam",
        "Along the edge of the swapped region: by how much the output's gradient exceeds the source's.",
        &[(&["seam"], None, true)],
    );
}

fn expression_table(html: &mut String, report: &EvalReport) {
    if report.expression.is_empty() {
        return;
    }
    let known = report.expression_to_ground_truth.len() == report.expression.len();
    heading(
        html,
        "Expression in detail",
        "Correlation over the clip; an error as large as the spread follows nothing. The source's own correlation with the ground truth, where there is some, says how far the measurement can be trusted.",
    );
    html.push_str("<table><tr><th>measure</th><th>correlation</th><th>error</th><th>spread</th>");
    html.push_str(if known { "<th>with ground truth</th><th>the source's own</th></tr>" } else { "</tr>" });
    for (i, f) in report.expression.iter().enumerate() {
        let cells = [f.correlation, f.error, f.spread].map(number);
        let _ = write!(html, "<tr><td>{}</td><td>{}</td>", f.name, cells.join("</td><td>"));
        if let (true, Some(to), Some(own)) =
            (known, report.expression_to_ground_truth.get(i), report.expression_of_source.get(i))
        {
            let _ = write!(html, "<td>{}</td><td>{}</td>", number(to.correlation), number(own.correlation));
        }
        html.push_str("</tr>");
    }
    html.push_str("</table>\n");
}

fn timing(html: &mut String, report: &EvalReport) {
    heading(
        html,
        "Time",
        "Milliseconds a frame on the processor, one frame at a time. `standin bench` measures throughput.",
    );
    html.push_str("<table><tr><th>stage</th><th>mean</th><th>median</th><th>95 %</th></tr>");
    for (name, spread) in &report.timing.stages {
        let [mean, median, p95] = [spread.mean, spread.median, spread.p95].map(|v| format!("{v:.1}"));
        let _ = write!(html, "<tr><td>{name}</td><td>{mean}</td><td>{median}</td><td>{p95}</td></tr>");
    }
    html.push_str("</table>\n");
}

fn table(html: &mut String, report: &EvalReport) {
    heading(html, "Spread", "Of each figure over the frames that have it; eval.json has each frame's.");
    html.push_str(
        "<table><tr><th>figure</th><th>mean</th><th>median</th><th>5 %</th><th>95 %</th><th>frames</th><th>unit</th></tr>",
    );
    for metric in &METRICS {
        let Some(spread) = report.figures.get(metric.key) else { continue };
        let [mean, median, p5, p95] = [spread.mean, spread.median, spread.p5, spread.p95].map(number);
        let _ = write!(
            html,
            "<tr><td>{}</td><td>{mean}</td><td>{median}</td><td>{p5}</td><td>{p95}</td><td>{}</td><td>{}</td></tr>",
            escaped(metric.title),
            spread.frames,
            metric.unit
        );
    }
    html.push_str("</table>\n");
}
