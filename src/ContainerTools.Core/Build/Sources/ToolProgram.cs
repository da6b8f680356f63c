using System.ComponentModel;
using System.Diagnostics;

namespace ContainerTools.Core.Build.Sources;

/// <summary>Runs a program of this machine that a build needs, in an environment of its own.</summary>
internal static class ToolProgram
{
    private static readonly string[] Inherited = ["PATH", "HOME"];

    /// <summary>Runs it to its end, without input.</summary>
    /// <param name="name">The program, found by PATH.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="environment">All of its environment, but PATH, HOME and LANG.</param>
    /// <param name="ct">Kills it, with its children.</param>
    /// <exception cref="BuildProblemException">BuildProgramMissing: it is not installed.</exception>
    internal static async Task<(int ExitCode, string Output, string Error)> RunAsync(
        string name, IEnumerable<string> arguments, IEnumerable<KeyValuePair<string, string>> environment, CancellationToken ct)
    {
        using var process = Start(name, arguments, environment, keepInput: false);
        var output = process.StandardOutput.ReadToEndAsync(CancellationToken.None);
        var error = process.StandardError.ReadToEndAsync(CancellationToken.None);
        try
        {
            await process.WaitForExitAsync(ct);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }

        return (process.ExitCode, await output, await error);
    }

    /// <summary>Starts it.</summary>
    internal static Process Start(string name, IEnumerable<string> arguments, IEnumerable<KeyValuePair<string, string>> environment, bool keepInput)
    {
        var start = new ProcessStartInfo(name) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (string argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        var inherited = Inherited.Select(static v => KeyValuePair.Create(v, Environment.GetEnvironmentVariable(v) ?? "")).ToList();
        start.Environment.Clear();
        foreach (var (variable, value) in inherited.Append(KeyValuePair.Create("LC_ALL", "C.UTF-8")).Concat(environment))
        {
            start.Environment[variable] = value;
        }

        try
        {
            var process = Process.Start(start)!;
            if (!keepInput)
            {
                process.StandardInput.Close();
            }

            return process;
        }
        catch (Win32Exception)
        {
            throw new BuildProblemException("BuildProgramMissing", $"the program '{name}' is needed for this, and is not on the PATH: install it");
        }
    }
}
