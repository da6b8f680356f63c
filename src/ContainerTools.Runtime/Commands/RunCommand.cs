using ContainerTools.Engine;
using ContainerTools.Linux;
using ContainerTools.Linux.Cgroups;
using ContainerTools.Runtime.CommandLine;
using ContainerTools.Runtime.Hooks;
using ContainerTools.Runtime.Launching;

namespace ContainerTools.Runtime.Commands;

/// <summary><c>run ID</c>: creates a container, starts it, waits for its end, removes it, and ends with its exit code. With <c>--detach</c> or <c>--keep</c> it stays.</summary>
internal static class RunCommand
{
    public static int Run(GlobalOptions options, ArgumentReader arguments)
    {
        var bundle = BundleOptions.Read("run", arguments);
        try
        {
            // What ends this process from outside is meant for the container.
            using var signals = bundle.Detach ? null : ForwardedSignals.Begin();
            var (directory, state, container) = ContainerCreator.Create(options, bundle, startedByOther: false);
            using (container)
            {
                try
                {
                    ContainerHooks.AtStart(bundle.Spec, directory, state);
                    container.Start();
                    if (bundle.Spec.Hooks?.Poststart is { Count: > 0 } poststart)
                        HookRunner.Run("poststart", poststart, directory.Describe(state, "running"));
                }
                catch
                {
                    ContainerCreator.Abandon(directory, container);
                    throw;
                }
                if (bundle.Detach)
                    return 0;
                signals!.To(container.Process, container.Console is not null);
                var code = Wait(container, bundle.ConsoleSocket is null);
                if (bundle.Keep)
                    return code;
                // Everything in its PID namespace ended with the first process; without one, others may live on in the group.
                if (container.CgroupPath is { } path)
                {
                    if (!bundle.HasPidNamespace)
                        Cgroup.At(path).Kill();
                    if (!SystemdScope.Remove(path, container.Scope))
                        throw new CommandException($"The control group '{path}' of container '{bundle.Id}' still has processes.");
                }
                // What comes now is for this process, which has hooks to wait for.
                if (bundle.Spec.Hooks?.Poststop is { Count: > 0 })
                    signals!.Dispose();
                DeleteCommand.Finish(options, directory, state, bundle.Spec.Hooks?.Poststop);
                return code;
            }
        }
        catch (ContainerToolsException e)
        {
            throw ContainerCreator.WithExitCode(e);
        }
    }

    private static int Wait(LaunchedContainer container, bool attached)
    {
        using var terminal = attached && container.Console is { } console ? new TerminalProxy(console) : null;
        return container.Process.Reap()?.ShellCode ?? 128 + Signals.Kill;
    }
}
