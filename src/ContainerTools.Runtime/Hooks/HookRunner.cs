using ContainerTools.Linux;
using ContainerTools.Linux.Files;
using ContainerTools.Linux.Processes;
using ContainerTools.Oci.Runtime;
using ContainerTools.Runtime.CommandLine;

namespace ContainerTools.Runtime.Hooks;

/// <summary>Runs hooks in the runtime's own namespaces, one after the other, each with the state on its standard input (runtime-spec config.md, "POSIX-platform Hooks").</summary>
internal static class HookRunner
{
    /// <summary>Runs hooks of one kind.</summary>
    /// <param name="kind">The kind, for the error.</param>
    /// <param name="hooks">The hooks.</param>
    /// <param name="state">What they receive.</param>
    /// <exception cref="CommandException">One failed: its name and how. Those after it did not run.</exception>
    public static void Run(string kind, IReadOnlyList<HookSpec>? hooks, RuntimeState state)
    {
        foreach (var hook in hooks ?? [])
            Run(kind, hook, RuntimeJson.WriteState(state));
    }

    /// <summary>Runs all poststop hooks: the container is gone, so a failure is only warned of (runtime-spec runtime.md, "Lifecycle").</summary>
    /// <param name="hooks">The hooks.</param>
    /// <param name="state">What they receive.</param>
    /// <param name="options">Where the warning goes.</param>
    public static void RunPoststop(IReadOnlyList<HookSpec> hooks, RuntimeState state, GlobalOptions options)
    {
        foreach (var hook in hooks)
        {
            try
            {
                Run("poststop", hook, RuntimeJson.WriteState(state));
            }
            catch (CommandException e)
            {
                RuntimeLog.Warn(options, e.Message);
            }
        }
    }

    private static void Run(string kind, HookSpec hook, byte[] state)
    {
        using var input = AnonymousFile.Create("state", state);
        using var output = new HookOutput();
        PidFd process;
        try
        {
            process = ChildProcess.Spawn(hook.Path, hook.Args is { Count: > 0 } arguments ? arguments : [hook.Path], new SpawnOptions
            {
                Environment = hook.Env ?? [],
                Descriptors = new Dictionary<int, int> { [0] = (int)input.DangerousGetHandle(), [1] = output.Descriptor, [2] = output.Descriptor },
            });
        }
        catch (LinuxException e)
        {
            throw new CommandException($"The {kind} hook '{hook.Path}' cannot be started: {LinuxException.Describe(e.Errno)}.", inner: e);
        }
        using (process)
            output.Await(kind, hook, process);
    }
}
