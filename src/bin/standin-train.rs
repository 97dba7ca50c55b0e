//! The trainer's command line: see [`standin::cli::train`].

fn main() -> std::process::ExitCode {
    standin::cli::train::main()
}
