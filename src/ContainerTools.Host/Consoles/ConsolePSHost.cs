using System.Globalization;
using System.Management.Automation.Host;

namespace ContainerTools.Host.Consoles;

/// <summary>The engine's view of this process: its console, and the exit code that a script asked for.</summary>
public sealed class ConsolePSHost : PSHost
{
    public ConsolePSHost(bool nonInteractive) => Console = new ConsoleUserInterface(nonInteractive);

    public int? ExitCode { get; private set; }

    public override string Name => "ContainerToolsHost";

    public override Version Version { get; } = typeof(ConsolePSHost).Assembly.GetName().Version!;

    public override Guid InstanceId { get; } = Guid.NewGuid();

    public override CultureInfo CurrentCulture => CultureInfo.CurrentCulture;

    public override CultureInfo CurrentUICulture => CultureInfo.CurrentUICulture;

    public override PSHostUserInterface UI => Console;

    internal ConsoleUserInterface Console { get; }

    public override void SetShouldExit(int exitCode) => ExitCode = exitCode;

    public override void EnterNestedPrompt() => throw new NotSupportedException("This host has no nested prompt.");

    public override void ExitNestedPrompt() => throw new NotSupportedException("This host has no nested prompt.");

    public override void NotifyBeginApplication() => Console.Finish();

    public override void NotifyEndApplication()
    {
    }
}
