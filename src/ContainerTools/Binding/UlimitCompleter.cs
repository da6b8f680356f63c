using System.Management.Automation.Language;
using ContainerTools.Engine.Store;

namespace ContainerTools.Binding;

/// <summary>Completes names of resource limits (getrlimit(2)).</summary>
public sealed class UlimitCompleter : NameCompleter
{
    private static readonly (string Name, string Description)[] s_limits =
    [
        ("nofile=", "open files"), ("nproc=", "processes of a user"), ("core=", "bytes of a core dump"), ("memlock=", "bytes locked in memory"), ("stack=", "bytes of the stack"),
        ("as=", "bytes of address space"), ("cpu=", "seconds of processor time"), ("data=", "bytes of data"), ("fsize=", "bytes of a file"), ("locks=", "file locks"),
        ("msgqueue=", "bytes in message queues"), ("nice=", "20 minus the nice value"), ("rss=", "bytes resident; without effect"), ("rtprio=", "real-time priority"),
        ("rttime=", "microseconds of real-time processor use"), ("sigpending=", "pending signals"),
    ];

    private protected override IEnumerable<(string Name, string Description)> Names(StorePaths paths, CommandAst command) => s_limits;
}
