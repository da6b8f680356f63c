using System.Diagnostics;
using System.Text;

namespace ContainerTools.TestSupport;

/// <summary>Runs a program to its end, with a time limit, and keeps what it wrote.</summary>
public static class Command
{
    /// <summary>Long enough for anything but building images, short enough to end before the test run's own hang limit.</summary>
    public static readonly TimeSpan DefaultTimeout = TimeSpan.FromSeconds(60);

    public static CommandResult Run(string program, params IEnumerable<string> arguments) => Run(program, arguments, null);

    /// <param name="environment">Variables to set; a null value removes the variable.</param>
    /// <param name="input">Text for standard input; without it the command reads an empty one.</param>
    public static CommandResult Run(
        string program,
        IEnumerable<string> arguments,
        IReadOnlyDictionary<string, string?>? environment = null,
        string? input = null,
        string? workingDirectory = null,
        TimeSpan? timeout = null)
    {
        var start = new ProcessStartInfo(program)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = Encoding.UTF8,
            WorkingDirectory = workingDirectory ?? string.Empty,
        };
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }
        foreach (var (name, value) in environment ?? new Dictionary<string, string?>())
        {
            start.Environment[name] = value;
        }
        var line = string.Join(' ', start.ArgumentList.Prepend(program));
        using var process = StartOrExplain(start);
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        try
        {
            process.StandardInput.Write(input);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // The command ended without reading its input; its exit code tells the story.
        }
        var limit = timeout ?? DefaultTimeout;
        // The streams count too: a child that outlives the command and keeps them open must not hang the test.
        if (!process.WaitForExit(limit) || !Task.WaitAll([output, error], limit))
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"'{line}' did not end within {limit.TotalSeconds} s. Until then it wrote:\n" +
                $"{(output.IsCompletedSuccessfully ? output.Result : "?")}\n{(error.IsCompletedSuccessfully ? error.Result : "?")}");
        }
        return new CommandResult(line, process.ExitCode, output.Result, error.Result);
    }

    internal static Process StartOrExplain(ProcessStartInfo start)
    {
        try
        {
            return Process.Start(start)!;
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            throw new InvalidOperationException(
                $"'{start.FileName}' cannot be started ({e.Message}). The tests need it; .ci/run names the Debian packages and installs them.", e);
        }
    }
}
