namespace ContainerTools.Core.Build.Language;

/// <summary>Turns an instruction's text into its record.</summary>
internal sealed partial class InstructionParser(SourceText source, LineReader reader, char escape)
{
    private static readonly string[] s_names =
    [
        "ADD", "ARG", "CMD", "COPY", "ENTRYPOINT", "ENV", "EXPOSE", "FROM", "HEALTHCHECK", "LABEL", "MAINTAINER", "ONBUILD", "RUN", "SHELL",
        "STOPSIGNAL", "USER", "VOLUME", "WORKDIR",
    ];

    internal Instruction Parse(LogicalLine line)
    {
        var parsed = Parse(line, line.Text.Length - line.Text.TrimStart().Length);
        int last = Math.Max(line.EndLine, reader.LastLine);
        // What follows the last line that counts (comments after a continuation at the end of the file) is not the instruction's.
        int end = parsed is RunInstruction { Heredocs.Count: > 0 } or FileTransferInstruction { Heredocs.Count: > 0 } or OnBuildInstruction ? last : line.EndLine;
        var range = new SourceRange(line.StartLine, line.Range(0, 1).StartColumn, end, Math.Max(1, source.Line(end).Length));
        return Finish(parsed, line, range);
    }

    private Instruction Parse(LogicalLine line, int offset)
    {
        var head = new InstructionHead(source, line, offset, escape);
        var flags = new FlagSet(head);
        Instruction instruction = head.Name switch
        {
            "ADD" => ParseAdd(head, flags),
            "ARG" => ParseArg(head),
            "CMD" => new CmdInstruction { Command = ParseCommand(head) },
            "COPY" => ParseCopy(head, flags),
            "ENTRYPOINT" => new EntrypointInstruction { Command = ParseCommand(head) },
            "ENV" => new EnvInstruction { Variables = ParseAssignments(head, out bool legacy), IsLegacyForm = legacy },
            "EXPOSE" => new ExposeInstruction { Ports = [.. WordSplitter.AtBlanks(head.RequireArguments("EXPOSE port[/protocol] ...")).Select(w => w.Text)] },
            "FROM" => ParseFrom(head, flags),
            "HEALTHCHECK" => ParseHealthcheck(head, flags),
            "LABEL" => new LabelInstruction { Labels = ParseAssignments(head, out bool legacy), IsLegacyForm = legacy },
            "MAINTAINER" => new MaintainerInstruction { Author = head.RequireArguments("MAINTAINER name").Text },
            "ONBUILD" => ParseOnBuild(head),
            "RUN" => ParseRun(head, flags),
            "SHELL" => ParseShell(head),
            "STOPSIGNAL" => new StopSignalInstruction { Signal = head.RequireArguments("STOPSIGNAL signal").Text },
            "USER" => new UserInstruction { User = head.RequireArguments("USER user[:group]").Text },
            "VOLUME" => new VolumeInstruction { Paths = ParseVolume(head) },
            "WORKDIR" => new WorkdirInstruction { Path = head.RequireArguments("WORKDIR path").Text },
            _ => throw Unknown(head),
        };
        // ONBUILD's flags are its instruction's.
        flags.RejectUnknown();
        return Finish(instruction, line, line.Range(offset, line.Text.Length - offset)) with { Keyword = head.Keyword.Text };
    }

    private Instruction Finish(Instruction instruction, LogicalLine line, SourceRange range) => instruction with
    {
        Keyword = instruction.Keyword.Length > 0 ? instruction.Keyword : line.Text,
        Range = range,
        Text = string.Join('\n', Enumerable.Range(range.StartLine, range.EndLine - range.StartLine + 1).Select(source.Line)).Trim(),
        Summary = Summarize(line.Text),
        Comments = line.Comments,
    };

    private static string Summarize(string text) => string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));

    private ContainerfileException Unknown(InstructionHead head)
    {
        string near = FlagSet.Near(head.Name, s_names);
        string hint = near.Length > 0 ? near
            : source.Line(head.Line.StartLine - 1).Contains("<<", StringComparison.Ordinal) ? "; only RUN, COPY and ADD take heredocs, in their shell form"
            : head.Line.StartLine == 1 ? "; a Containerfile begins with FROM"
            : "; does the line above lack a continuation character at its end?";
        return head.Error("ContainerfileUnknownInstruction", $"{head.Keyword.Text} is no instruction{hint}", head.Keyword);
    }
}
