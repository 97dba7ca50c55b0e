//! The command line: see [`standin::cli`].

fn main() -> std::process::ExitCode {
    standin::cli::main()
}
