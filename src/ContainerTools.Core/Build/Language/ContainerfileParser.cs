namespace ContainerTools.Core.Build.Language;

/// <summary>
/// Reads Containerfiles and Dockerfiles: the language of BuildKit's Dockerfile reference. Nothing is read but the text handed in.
/// </summary>
public static class ContainerfileParser
{
    /// <summary>Reads a file's bytes: UTF-8, with or without a byte order mark, lines ended by LF or CR LF.</summary>
    /// <param name="content">The bytes.</param>
    /// <param name="fileName">What errors call the file, usually its path.</param>
    /// <exception cref="ContainerfileException">It is not text, or no valid Containerfile; the error says where.</exception>
    public static Containerfile Parse(ReadOnlySpan<byte> content, string fileName)
    {
        ArgumentNullException.ThrowIfNull(fileName);
        return Parse(SourceText.Decode(content, fileName));
    }

    /// <summary>Reads a text.</summary>
    /// <param name="text">The text.</param>
    /// <param name="fileName">What errors call it.</param>
    /// <exception cref="ContainerfileException">It is no valid Containerfile; the error says where.</exception>
    public static Containerfile Parse(string text, string fileName)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentNullException.ThrowIfNull(fileName);
        return Parse(SourceText.FromString(text, fileName));
    }

    /// <summary>Reads a trigger that the base of a stage brings along (<c>ONBUILD</c>); it counts as standing at the stage's FROM.</summary>
    /// <param name="trigger">The trigger, as the image's config keeps it.</param>
    /// <param name="file">The file of the stage.</param>
    /// <param name="stage">The stage on whose base it is.</param>
    /// <exception cref="ContainerfileException">It is not one instruction that a trigger may be.</exception>
    public static Instruction ParseTrigger(string trigger, Containerfile file, Stage stage)
    {
        ArgumentNullException.ThrowIfNull(trigger);
        ArgumentNullException.ThrowIfNull(file);
        ArgumentNullException.ThrowIfNull(stage);
        var source = SourceText.FromString(trigger, file.FileName);
        var reader = new LineReader(source, '\\');
        var parser = new InstructionParser(source, reader, '\\');
        string? problem = null;
        try
        {
            if (reader.ReadInstruction() is { } line)
            {
                var instruction = parser.Parse(line);
                if (instruction is not (FromInstruction or OnBuildInstruction or MaintainerInstruction) && reader.ReadInstruction() is null)
                    return At(stage.From.Range, instruction);
            }
        }
        catch (ContainerfileException e)
        {
            problem = e.Problem;
        }

        throw file.Error("ContainerfileTrigger",
            $"{stage.BaseName} brings along the ONBUILD trigger '{trigger}', which is no valid instruction{(problem is null ? "" : ": " + problem)}", stage.From.Range);
    }

    private static Instruction At(SourceRange range, Instruction instruction) => instruction switch
    {
        EnvInstruction env => env with { Variables = At(range, env.Variables) },
        LabelInstruction label => label with { Labels = At(range, label.Labels) },
        ArgInstruction arg => arg with { Arguments = At(range, arg.Arguments) },
        _ => instruction,
    } with
    { Range = range, Comments = [] };

    private static List<Assignment> At(SourceRange range, IReadOnlyList<Assignment> assignments) => [.. assignments.Select(a => a with { Range = range })];

    private static Containerfile Parse(SourceText source)
    {
        var directives = DirectiveReader.Read(source, out int firstLine);
        var reader = new LineReader(source, directives.Escape, firstLine);
        var parser = new InstructionParser(source, reader, directives.Escape);
        var globals = new List<ArgInstruction>();
        var stages = new List<(FromInstruction From, List<Instruction> Instructions)>();
        while (reader.ReadInstruction() is { } line)
        {
            // The escape character alone is an instruction that says nothing.
            if (line.Text.Trim().Length == 0)
                continue;
            var instruction = parser.Parse(line);
            if (instruction is FromInstruction from)
                stages.Add((from, []));
            else if (stages.Count > 0)
                stages[^1].Instructions.Add(instruction);
            else if (instruction is ArgInstruction argument)
                globals.Add(argument);
            else
                throw source.Error("ContainerfileNoStage", $"{instruction.Name} stands before the first FROM; only ARG may", instruction.Range);
        }

        if (stages.Count == 0)
        {
            throw source.Error("ContainerfileEmpty", globals.Count == 0 ? "the file has no instructions; it begins with FROM" : "the file has no FROM",
                new SourceRange(1, 1, 1, 1));
        }

        var file = new Containerfile
        {
            FileName = source.FileName,
            Directives = directives,
            GlobalArguments = globals,
            Stages = stages.Select((s, i) => new Stage { Index = i, From = s.From, Instructions = s.Instructions }).ToList(),
            Warnings = [],
            Lines = source.Lines,
        };
        StageOrder.Check(file);
        return file with { Warnings = Linter.Check(file, reader.EmptyContinuations) };
    }
}
