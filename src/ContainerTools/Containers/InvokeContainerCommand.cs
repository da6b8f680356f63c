using System.Management.Automation;
using ContainerTools.Cmdlets;
using ContainerTools.Engine;
using ContainerTools.Engine.Containers;
using ContainerTools.Engine.Logs;

namespace ContainerTools;

/// <summary>
/// Runs a command in a container of its own, and removes the container. The command's lines are the output, its standard error's
/// lines are on the error stream, and its exit code is in $LASTEXITCODE.
/// </summary>
[Cmdlet(VerbsLifecycle.Invoke, "Container", SupportsShouldProcess = true)]
[OutputType(typeof(string))]
public sealed class InvokeContainerCommand : ContainerCreationCommand
{
    private protected override void Create(Image image, ContainerOptions options)
    {
        if (!ShouldProcess(image.ToString(), "Run " + (options.Command is { Count: > 0 } command ? string.Join(' ', command) : "the image's command")))
            return;
        var container = Containers.Create(options, Prepare(image), Stopped);
        try
        {
            Run(container);
        }
        finally
        {
            // Not with our own token: this is what must be done when the user has stopped us.
            Containers.RemoveAsync(container, new RemoveContainerOptions { Force = true, RemoveVolumes = true }, CancellationToken.None).GetAwaiter().GetResult();
        }
    }

    private void Run(Container container)
    {
        try
        {
            container = Containers.StartAsync(container, Stopped).GetAwaiter().GetResult();
        }
        catch (ContainerToolsException e)
        {
            NativeStreams.SetExitCode(this, CommandFailure.ExitCode(e));
            throw;
        }
        var exitCode = Await(async (queue, token) =>
        {
            await foreach (var record in Containers.ReadLogAsync(container, new LogOptions { Follow = true }, token))
                queue.Post(() => CommandOutput.Write(this, record.Stream, record.Message), token);
            return (await Containers.WaitAsync(container, token)).ExitCode;
        });
        NativeStreams.SetExitCode(this, exitCode ?? CommandFailure.ContainerFailed);
    }
}
