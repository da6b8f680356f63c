using System.Text.RegularExpressions;

namespace ContainerTools.Core.Build.Language;

internal sealed partial class InstructionParser
{
    private static FromInstruction ParseFrom(InstructionHead head, FlagSet flags)
    {
        string? platform = flags.Text("platform");
        flags.RejectUnknown();
        var words = WordSplitter.AtBlanks(head.RequireArguments("FROM [--platform=PLATFORM] IMAGE [AS NAME]"));
        switch (words)
        {
            case [var image]:
                return new FromInstruction { BaseName = image.Text, Platform = platform };
            case [var image, var keyword, var name] when keyword.Text.Equals("AS", StringComparison.OrdinalIgnoreCase):
                string lower = name.Text.ToLowerInvariant();
                return StageName().IsMatch(lower)
                    ? new FromInstruction { BaseName = image.Text, StageName = lower, Platform = platform }
                    : throw head.Error("ContainerfileStageName",
                        $"'{name.Text}' cannot name a stage: a name begins with a letter and has letters, digits, -, _ and . only", name);
            default:
                throw head.Error("ContainerfileArguments", words[1].Text.StartsWith('#') ? "a comment stands in a line of its own"
                    : "FROM takes an image, or an image, AS and a name", words[1]);
        }
    }

    private static List<Assignment> ParseAssignments(InstructionHead head, out bool legacy)
    {
        var arguments = head.RequireArguments($"{head.Name} name=value ...");
        var words = WordSplitter.Quoted(arguments, head.Escape);
        legacy = !words[0].Text.Contains('=');
        if (legacy)
        {
            var name = WordSplitter.AtBlanks(arguments)[0];
            string value = arguments.Text[name.Length..].TrimStart();
            return value.Length > 0
                ? [new Assignment(name.Text, value, head.Line.Range(arguments.Offset, arguments.Length))]
                : throw head.ArgumentError($"{name.Text} has no value: {head.Name} {name.Text}=value");
        }

        var assignments = new List<Assignment>();
        foreach (var word in words)
        {
            int equals = word.Text.IndexOf('=', StringComparison.Ordinal);
            if (equals < 0)
            {
                throw head.Error("ContainerfileArguments", word.Text.StartsWith('#') ? "a comment stands in a line of its own"
                    : $"{word.Text} has no '='; each word is of the form name=value, blanks in quotes", word);
            }

            if (equals == 0)
                throw head.Error("ContainerfileArguments", $"{word.Text} has no name before its '='", word);
            assignments.Add(new Assignment(word.Text[..equals], word.Text[(equals + 1)..], head.Line.Range(word.Offset, word.Length)));
        }

        return assignments;
    }

    private static ArgInstruction ParseArg(InstructionHead head)
    {
        var arguments = new List<Assignment>();
        foreach (var word in WordSplitter.Quoted(head.RequireArguments("ARG name[=default] ..."), head.Escape))
        {
            int equals = word.Text.IndexOf('=', StringComparison.Ordinal);
            if (equals == 0)
                throw head.Error("ContainerfileArguments", $"{word.Text} has no name before its '='", word);
            var range = head.Line.Range(word.Offset, word.Length);
            arguments.Add(equals < 0 ? new Assignment(word.Text, null, range) : new Assignment(word.Text[..equals], word.Text[(equals + 1)..], range));
        }

        return new ArgInstruction { Arguments = arguments };
    }

    private static IReadOnlyList<string> ParseVolume(InstructionHead head)
    {
        var arguments = head.RequireArguments("VOLUME path ... or VOLUME [\"path\", ...]");
        if (JsonForm.TryRead(head, arguments) is not { } paths)
        {
            JsonForm.RejectBroken(head, arguments, isShell: false);
            return [.. WordSplitter.AtBlanks(arguments).Select(w => w.Text)];
        }

        return paths.Count > 0 && paths.All(p => p.Trim().Length > 0) ? [.. paths.Select(p => p.Trim())] : throw head.ArgumentError("VOLUME needs a path that is not empty");
    }

    [GeneratedRegex("^[a-z][a-z0-9-_.]*$", RegexOptions.CultureInvariant)]
    private static partial Regex StageName();
}
