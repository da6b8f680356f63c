using System.Management.Automation.Language;
using ContainerTools.Engine.Store;

namespace ContainerTools.Binding;

/// <summary>Completes names of signals.</summary>
public sealed class SignalCompleter : NameCompleter
{
    private static readonly (string Name, string Description)[] s_signals =
    [
        ("SIGTERM", "asks to end"),
        ("SIGINT", "as Ctrl+C"),
        ("SIGQUIT", "asks to end, with a core dump"),
        ("SIGKILL", "ends at once"),
        ("SIGHUP", "often: read the configuration again"),
        ("SIGUSR1", "the program's own"),
        ("SIGUSR2", "the program's own"),
        ("SIGWINCH", "the terminal's size changed; httpd ends gracefully"),
    ];

    private protected override IEnumerable<(string Name, string Description)> Names(StorePaths paths, CommandAst command) => s_signals;
}
