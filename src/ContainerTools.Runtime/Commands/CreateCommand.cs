using ContainerTools.Engine;
using ContainerTools.Runtime.CommandLine;

namespace ContainerTools.Runtime.Commands;

/// <summary><c>create ID</c>: makes the container of a bundle; its command waits for <c>start</c>.</summary>
internal static class CreateCommand
{
    public static int Run(GlobalOptions options, ArgumentReader arguments)
    {
        var bundle = BundleOptions.Read("create", arguments);
        try
        {
            var (_, _, container) = ContainerCreator.Create(options, bundle, startedByOther: true);
            container.Dispose();
            return 0;
        }
        catch (ContainerToolsException e)
        {
            throw ContainerCreator.WithExitCode(e);
        }
    }
}
