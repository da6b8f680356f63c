using ContainerTools.Engine;
using ContainerTools.Linux;
using ContainerTools.Runtime.CommandLine;
using ContainerTools.Runtime.Hooks;
using ContainerTools.Runtime.Launching;

namespace ContainerTools.Runtime.Commands;

/// <summary><c>run ID</c>: creates a container, starts it, waits for its end, removes it, and ends with its exit code. With <c>--detach</c> it stays.</summary>
internal static class RunCommand
{
    public static int Run(GlobalOptions options, ArgumentReader arguments)
    {
        var bundle = BundleOptions.Read("run", arguments);
        try
        {
            var (directory, state, container) = ContainerCreator.Create(options.Root, bundle, startedByOther: false);
            using (container)
            {
                try
                {
                    ContainerHooks.AtStart(bundle.Spec, directory, state);
                    container.Start();
                    HookRunner.Run("poststart", bundle.Spec.Hooks?.Poststart, directory.Describe(state, "running"));
                }
                catch
                {
                    ContainerCreator.Abandon(directory, container);
                    throw;
                }
                if (bundle.Detach)
                    return 0;
                var code = Wait(container);
                DeleteCommand.Delete(directory, force: true);
                return code;
            }
        }
        catch (ContainerToolsException e)
        {
            throw ContainerCreator.WithExitCode(e);
        }
    }

    private static int Wait(LaunchedContainer container)
    {
        // What ends this process from outside is meant for the container.
        using var forwarded = new ForwardedSignals(container.Process);
        return container.Process.Reap()?.ShellCode ?? 128 + Signals.Kill;
    }
}
