//! The command line: see [`standin_calls::command`].

fn main() -> std::process::ExitCode {
    standin_calls::command::main()
}
