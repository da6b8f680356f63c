using System.Management.Automation.Language;
using ContainerTools.Engine.Store;

namespace ContainerTools.Binding;

/// <summary>Completes security options.</summary>
public sealed class SecurityOptionCompleter : NameCompleter
{
    private static readonly (string Name, string Description)[] s_options =
    [
        ("no-new-privileges", "setuid programs and file capabilities give nothing"),
        ("seccomp=default", "the default list of system calls, for a privileged container too"),
        ("seccomp=unconfined", "all system calls"),
        ("systempaths=unconfined", "nothing of /proc and /sys is masked or read-only"),
        ("apparmor=unconfined", "no AppArmor profile of its own"),
        ("label=disable", "no SELinux labels"),
    ];

    private protected override IEnumerable<(string Name, string Description)> Names(StorePaths paths, CommandAst command) => s_options;
}
