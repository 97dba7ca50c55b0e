//! What a training shows while it runs: curves in a terminal, lines elsewhere.

use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

use ratatui::backend::CrosstermBackend;
use ratatui::layout::{Constraint, Layout};
use ratatui::style::{Color, Style};
use ratatui::symbols::Marker;
use ratatui::text::Line;
use ratatui::widgets::{Axis, Block, Chart, Dataset, GraphType, Paragraph};
use ratatui::{Frame, Terminal, TerminalOptions, Viewport};

use super::{Event, Goal, Row};

/// Rows of the terminal that it takes.
const HEIGHT: u16 = 16;
/// Time from one line to the next where there is no terminal.
const LINE_EVERY: Duration = Duration::from_secs(10);
/// Notes that are said again at the end.
const MOST_NOTES: usize = 100;
/// Points of a curve at most; more are averaged.
const MOST_POINTS: usize = 120;

/// Shows a training.
pub struct Display {
    terminal: Option<Terminal<CrosstermBackend<std::io::Stdout>>>,
    goal: Goal,
    history: Vec<Row>,
    note: String,
    /// What must not be overlooked; the curves' last row shows it for a moment only.
    notes: Vec<String>,
    last_line: Option<Instant>,
}

impl Display {
    /// With curves where standard output is a terminal, which begin with `history`.
    pub fn new(goal: Goal, history: &[Row]) -> Self {
        let options = TerminalOptions { viewport: Viewport::Inline(HEIGHT) };
        let terminal = std::io::stdout()
            .is_terminal()
            .then(|| Terminal::with_options(CrosstermBackend::new(std::io::stdout()), options).ok());
        Self {
            terminal: terminal.flatten(),
            goal,
            history: history.to_vec(),
            note: String::new(),
            notes: Vec::new(),
            last_line: None,
        }
    }

    /// Takes an event in; lines go to `out`.
    ///
    /// # Errors
    /// What writing says.
    pub fn show(&mut self, event: &Event<'_>, out: &mut dyn Write) -> std::io::Result<()> {
        match event {
            Event::Measured(row) => {
                self.history.push((*row).clone());
                if self.terminal.is_none() && self.last_line.is_none_or(|last| last.elapsed() >= LINE_EVERY) {
                    self.last_line = Some(Instant::now());
                    writeln!(out, "{}", status(row, &self.goal))?;
                }
            }
            Event::Saved(step) => self.note = format!("checkpoint of step {step} saved"),
            Event::Previewed(step) => self.note = format!("preview of step {step} written"),
            Event::Faces(_) => return Ok(()),
            other => {
                self.note = said(other).unwrap_or_default();
                if self.terminal.is_none() {
                    writeln!(out, "{}", self.note)?;
                } else if self.notes.len() < MOST_NOTES {
                    self.notes.push(self.note.clone());
                }
            }
        }
        let Some(terminal) = &mut self.terminal else { return Ok(()) };
        let (history, goal, note) = (&self.history, &self.goal, &self.note);
        terminal.draw(|frame| draw(frame, history, goal, note)).map(|_| ())
    }
}

impl Display {
    /// Leaves the curves where they are, and says below them what must not be overlooked.
    ///
    /// # Errors
    /// What writing says.
    pub fn end(mut self, out: &mut dyn Write) -> std::io::Result<()> {
        let Some(terminal) = &mut self.terminal else { return Ok(()) };
        let below = terminal.get_frame().area().bottom().saturating_sub(1);
        terminal.set_cursor_position((0, below))?;
        terminal.show_cursor()?;
        writeln!(out)?;
        self.notes.iter().try_for_each(|note| writeln!(out, "{note}"))
    }
}

/// What is worth a line of its own.
pub fn said(event: &Event<'_>) -> Option<String> {
    Some(match event {
        Event::NotANumber(step) => format!("step {step}: the loss was no number; the step was left out"),
        Event::WentBack { step, to } => {
            format!(
                "step {step}: the loss was no number again and again; back to the weights of step {to}, at half the rate"
            )
        }
        Event::Skipped(error) => format!("{error}; an older checkpoint was taken"),
        Event::Measured(_) | Event::Saved(_) | Event::Previewed(_) | Event::Faces(_) => return None,
    })
}

/// One line on where a training stands.
pub fn status(row: &Row, goal: &Goal) -> String {
    let left = left(row, goal).map_or_else(String::new, |left| format!(", {} left", clock(left)));
    format!(
        "step {}  loss A {:.4}  B {:.4}  rate {:.1e}  {:.2} it/s  {} trained{left}",
        row.step,
        row.loss_a,
        row.loss_b,
        row.rate,
        row.speed,
        clock(row.seconds)
    )
}

/// Seconds to the goal at the speed of `row`; none without a goal.
fn left(row: &Row, goal: &Goal) -> Option<f64> {
    let steps = goal.steps.map(|steps| steps.saturating_sub(row.step) as f64 / row.speed.max(1e-9));
    let time = goal.minutes.map(|minutes| (minutes * 60.0 - row.seconds).max(0.0));
    [steps, time].into_iter().flatten().reduce(f64::min)
}

fn clock(seconds: f64) -> String {
    let seconds = seconds.round().min(1e12) as u64;
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3600 => format!("{}:{:02} min", seconds / 60, seconds % 60),
        _ => format!("{}:{:02} h", seconds / 3600, seconds / 60 % 60),
    }
}

fn draw(frame: &mut Frame<'_>, history: &[Row], goal: &Goal, note: &str) {
    let [top, middle, bottom] =
        Layout::vertical([Constraint::Length(1), Constraint::Min(4), Constraint::Length(1)]).areas(frame.area());
    let text = history.last().map_or_else(|| "first steps …".to_owned(), |row| status(row, goal));
    frame.render_widget(Paragraph::new(Line::from(text)), top);
    frame.render_widget(Paragraph::new(Line::styled(note, Style::new().fg(Color::DarkGray))), bottom);

    let (a, b) = (curve(history, |row| row.loss_a), curve(history, |row| row.loss_b));
    let values = || a.iter().chain(&b).map(|point| point.1);
    let (low, high) = values().fold((f64::MAX, f64::MIN), |(low, high), value| (low.min(value), high.max(value)));
    let (Some(first), Some(last)) = (history.first(), history.last()) else { return };
    let steps = [first.step as f64, (last.step.max(first.step + 1)) as f64];
    let losses = [low, if high > low { high } else { low + 1e-3 }];
    let line = |name, data, colour| {
        Dataset::default()
            .name(name)
            .marker(Marker::Braille)
            .graph_type(GraphType::Line)
            .style(Style::new().fg(colour))
            .data(data)
    };
    let chart = Chart::new(vec![line("A", &a, Color::Cyan), line("B", &b, Color::Yellow)])
        .block(Block::bordered().title("loss (logarithm)"))
        .x_axis(Axis::default().bounds(steps).labels(steps.map(|step| format!("{step:.0}"))))
        .y_axis(Axis::default().bounds(losses).labels(losses.map(|loss| format!("{:.3}", 10_f64.powf(loss)))));
    frame.render_widget(chart, middle);
}

/// Steps and the logarithm of a loss, neighbours averaged.
fn curve(history: &[Row], loss: impl Fn(&Row) -> f32) -> Vec<(f64, f64)> {
    let group = history.len().div_ceil(MOST_POINTS).max(1);
    let mean = |rows: &[Row]| {
        let sum: f64 = rows.iter().map(|row| f64::from(loss(row))).sum();
        (rows.last().map_or(0.0, |row| row.step as f64), (sum / rows.len() as f64).max(1e-6).log10())
    };
    history.chunks(group).map(mean).collect()
}
