namespace ContainerTools.Core.Build.Language;

/// <summary>Knows which parts of an instruction take variables.</summary>
internal static class InstructionExpander
{
    internal static Instruction Expand(Instruction instruction, VariableExpander expander) => instruction switch
    {
        AddInstruction add => Files(add, expander) is AddInstruction files ? files with { Checksum = Optional(add.Checksum, expander) } : add,
        CopyInstruction copy => Files(copy, expander),
        EnvInstruction env => env with { Variables = Assignments(env.Variables, expander) },
        LabelInstruction label => label with { Labels = Assignments(label.Labels, expander) },
        ExposeInstruction expose => expose with { Ports = [.. expose.Ports.SelectMany(expander.ExpandWords).SelectMany(PortText.Expand)] },
        VolumeInstruction volume => volume with { Paths = [.. volume.Paths.Select(p => NotEmpty(expander.Expand(p), "VOLUME's path"))] },
        UserInstruction user => user with { User = expander.Expand(user.User) },
        WorkdirInstruction workdir => workdir with { Path = expander.Expand(workdir.Path) },
        StopSignalInstruction signal => signal with { Signal = NotEmpty(expander.Expand(signal.Signal), "STOPSIGNAL's signal") },
        RunInstruction run => run with { Mounts = [.. run.MountFlags.Select(m => RunMountReader.Read(m, expander.Expand))] },
        _ => instruction,
    };

    private static FileTransferInstruction Files(FileTransferInstruction files, VariableExpander expander) => files with
    {
        Sources = [.. files.Sources.Select(s => Path(s, expander))],
        Destination = Path(files.Destination, expander),
        Owner = Optional(files.Owner, expander),
        Mode = Optional(files.Mode, expander),
        Heredocs = [.. files.Heredocs.Select(h => h.Expand ? h with { Content = expander.ExpandHeredoc(h.Content) } : h)],
    };

    private static string Path(string path, VariableExpander expander)
    {
        try
        {
            return expander.Expand(path);
        }
        catch (FormatException e) when (path.Length > 0 && path[0] is '"' or '\'')
        {
            throw new FormatException($"{e.Message}: quotes do not join words here; write paths with blanks in the JSON form, [\"a b\", \"c\"]", e);
        }
    }

    private static List<Assignment> Assignments(IReadOnlyList<Assignment> assignments, VariableExpander expander) =>
        [.. assignments.Select(a => Assignment(a, expander))];

    private static Assignment Assignment(Assignment assignment, VariableExpander expander)
    {
        try
        {
            string name = expander.Expand(assignment.Name);
            return name.Length > 0 ? assignment with { Name = name, Value = expander.Expand(assignment.Value!) }
                : throw new FormatException($"the name {assignment.Name} comes to nothing");
        }
        catch (FormatException e)
        {
            throw new PlacedFormatException(assignment.Range, e);
        }
    }

    private static string? Optional(string? text, VariableExpander expander) => text is null ? null : expander.Expand(text);

    private static string NotEmpty(string text, string what) => text.Trim().Length > 0 ? text : throw new FormatException($"{what} comes to nothing");
}
