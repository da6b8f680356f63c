using System.Management.Automation;
using System.Management.Automation.Language;
using ContainerTools.Host.Consoles;

namespace ContainerTools.Host.Sessions;

/// <summary>The interactive prompt: reads complete commands, runs them, until <c>exit</c> or Ctrl+D.</summary>
internal sealed class PromptLoop(ScriptSession session)
{
    private readonly LineEditor _editor = new(text => Complete(session, text));

    public int Run()
    {
        Console.Out.WriteLine("ContainerTools. Get-Command -Module ContainerTools lists its commands, exit leaves.");
        while (session.ExitCode is null)
        {
            var command = ReadCommand();
            if (command is null)
                return 0;
            if (!string.IsNullOrWhiteSpace(command))
                session.Run(command, out _);
        }
        return session.ExitCode.Value;
    }

    private string? ReadCommand()
    {
        var prompt = session.Query("prompt");
        var line = _editor.Read(prompt.Length == 0 ? "PS> " : prompt);
        var text = line;
        while (line is not null && IsIncomplete(text!))
        {
            line = _editor.Read(">> ");
            // An empty line ends what the parser would go on waiting for, so that a slip can be got out of.
            if (string.IsNullOrWhiteSpace(line))
                break;
            text += "\n" + line;
        }
        if (!string.IsNullOrWhiteSpace(text))
            _editor.AddHistory(text);
        return text;
    }

    private static bool IsIncomplete(string text)
    {
        Parser.ParseInput(text, out _, out var errors);
        return errors.Length > 0 && Array.TrueForAll(errors, e => e.IncompleteInput);
    }

    private static (int Start, int Length, IReadOnlyList<string> Candidates) Complete(ScriptSession session, string textToCursor)
    {
        using var shell = PowerShell.Create();
        shell.Runspace = session.Runspace;
        var completion = CommandCompletion.CompleteInput(textToCursor, textToCursor.Length, null, shell);
        return (completion.ReplacementIndex, completion.ReplacementLength, [.. completion.CompletionMatches.Select(m => m.CompletionText)]);
    }
}
