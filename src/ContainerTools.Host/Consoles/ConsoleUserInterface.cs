using System.Management.Automation;
using System.Management.Automation.Host;

namespace ContainerTools.Host.Consoles;

/// <summary>
/// Writes output to standard output and everything that is about the work (errors, warnings, progress) to standard error, so
/// that what a script produces can be piped on by the shell that called it.
/// </summary>
internal sealed partial class ConsoleUserInterface(bool nonInteractive) : PSHostUserInterface
{
    private readonly bool _nonInteractive = nonInteractive;
    private readonly ProgressPane _progress = new();

    public override PSHostRawUserInterface RawUI { get; } = new ConsoleRawUserInterface();

    public override bool SupportsVirtualTerminal { get; } =
        !Console.IsOutputRedirected && Environment.GetEnvironmentVariable("TERM") is { Length: > 0 } and not "dumb" && Environment.GetEnvironmentVariable("NO_COLOR") is null;

    private static bool ErrorIsTerminal => !Console.IsErrorRedirected && Environment.GetEnvironmentVariable("NO_COLOR") is null;

    /// <summary>Takes the progress bars off the screen and hands on what is buffered.</summary>
    public void Finish()
    {
        _progress.Clear();
        Console.Out.Flush();
    }

    public override void Write(string value)
    {
        _progress.Hide();
        Console.Out.Write(GetOutputString(value, SupportsVirtualTerminal));
        _progress.Show();
    }

    public override void WriteLine(string value) => Write(value + "\n");

    public override void Write(ConsoleColor foregroundColor, ConsoleColor backgroundColor, string value)
    {
        var colored = SupportsVirtualTerminal && foregroundColor != RawUI.ForegroundColor;
        Write(colored ? PSStyle.Instance.Foreground.FromConsoleColor(foregroundColor) + value + PSStyle.Instance.Reset : value);
    }

    public override void WriteErrorLine(string value) => WriteToError(value, null);

    public override void WriteDebugLine(string message) => WriteToError("DEBUG: " + message, PSStyle.Instance.Formatting.Debug);

    public override void WriteVerboseLine(string message) => WriteToError("VERBOSE: " + message, PSStyle.Instance.Formatting.Verbose);

    public override void WriteWarningLine(string message) => WriteToError("WARNING: " + message, PSStyle.Instance.Formatting.Warning);

    public override void WriteProgress(long sourceId, ProgressRecord record) => _progress.Update(record);

    private void WriteToError(string text, string? style)
    {
        _progress.Hide();
        Console.Out.Flush();
        var line = style is null || !ErrorIsTerminal ? text : style + text + PSStyle.Instance.Reset;
        Console.Error.WriteLine(GetOutputString(line, ErrorIsTerminal));
        _progress.Show();
    }
}
