namespace ContainerTools.Core.Build.Language;

internal sealed partial class InstructionParser
{
    private CopyInstruction ParseCopy(InstructionHead head, FlagSet flags)
    {
        string? from = flags.Text("from");
        if (from is not null && (from.Length == 0 || from.Contains('$')))
        {
            throw head.Error("ContainerfileFlagInvalid", from.Length == 0 ? "--from names nothing"
                : "--from takes no variables; write FROM ... AS name with a global ARG, and use that name here", flags.Token("from"));
        }

        var copy = new CopyInstruction
        {
            Sources = [],
            Destination = "",
            From = from,
            Owner = flags.Text("chown"),
            Mode = flags.Text("chmod"),
            Link = flags.Switch("link") ?? false,
            Parents = flags.Switch("parents") ?? false,
            Exclude = [.. flags.Texts("exclude").Select(e => e.Value)],
        };
        flags.RejectUnknown();
        return (CopyInstruction)WithFiles(copy, head);
    }

    private AddInstruction ParseAdd(InstructionHead head, FlagSet flags)
    {
        var add = new AddInstruction
        {
            Sources = [],
            Destination = "",
            Owner = flags.Text("chown"),
            Mode = flags.Text("chmod"),
            Link = flags.Switch("link") ?? false,
            Checksum = flags.Text("checksum"),
            KeepGitDirectory = flags.Switch("keep-git-dir"),
            Unpack = flags.Switch("unpack"),
            Exclude = [.. flags.Texts("exclude").Select(e => e.Value)],
        };
        flags.RejectUnknown();
        return (AddInstruction)WithFiles(add, head);
    }

    private FileTransferInstruction WithFiles(FileTransferInstruction transfer, InstructionHead head)
    {
        var arguments = head.RequireArguments($"{head.Name} source ... destination");
        if (JsonForm.TryRead(head, arguments) is { } strings)
        {
            return strings.Count > 1 ? transfer with { Sources = [.. strings.SkipLast(1)], Destination = strings[^1] }
                : throw head.ArgumentError($"{head.Name} takes at least one source, and a destination last");
        }

        JsonForm.RejectBroken(head, arguments, isShell: false);
        var documents = HeredocWord.FindAll(head.Line.Text, arguments.Offset, isShell: false);
        // Words are split around the heredocs, whose names may hold blanks in their quotes.
        var words = new List<Token>();
        int start = arguments.Offset;
        foreach (var document in documents)
        {
            words.AddRange(WordSplitter.AtBlanks(new Token(head.Line.Text[start..document.Offset], start, document.Offset - start)));
            start = document.Offset + document.Length;
        }

        int end = arguments.Offset + arguments.Length;
        var tail = WordSplitter.AtBlanks(new Token(head.Line.Text[start..end], start, end - start));
        words.AddRange(tail);
        if (documents.Count > 0 && tail.Count == 0)
            throw head.Error("ContainerfileArguments", $"{head.Name}'s destination cannot be a heredoc", new Token("", documents[^1].Offset, documents[^1].Length));
        if (words.Count + documents.Count < 2)
            throw head.ArgumentError($"{head.Name} takes at least one source, and a destination last");
        if (transfer is CopyInstruction { From: not null } && documents.Count > 0)
            throw head.Error("ContainerfileArguments", "COPY --from and a heredoc cannot stand together", new Token("", documents[0].Offset, documents[0].Length));
        return transfer with
        {
            Sources = [.. words.SkipLast(1).Select(w => w.Text)],
            Destination = words[^1].Text,
            Heredocs = [.. documents.Select(d => reader.ReadHeredoc(d, head.Line, out _))],
        };
    }
}
