using System.Text;

namespace ContainerTools.Core.Build.Language;

internal sealed partial class InstructionParser
{
    private static CommandLine ParseCommand(InstructionHead head)
    {
        var arguments = head.RequireArguments($"{head.Name} [\"program\", \"argument\"] or {head.Name} command");
        return JsonForm.TryRead(head, arguments) is { } strings ? CommandLine.Exec(strings) : CommandLine.Shell(arguments.Text);
    }

    private RunInstruction ParseRun(InstructionHead head, FlagSet flags)
    {
        var devices = flags.Texts("device");
        var mounts = flags.Texts("mount");
        string? network = flags.Choice("network", "default", "none", "host");
        string? security = flags.Choice("security", "sandbox", "insecure");
        var run = new RunInstruction
        {
            Command = CommandLine.Exec([]),
            MountFlags = [.. mounts.Select(m => m.Value)],
            Mounts = [.. mounts.Select(m => ReadMount(head, m.Value, m.Token))],
            Devices = [.. devices.Select(d => ReadDevice(head, d.Value, d.Token))],
            Network = network switch { "none" => RunNetwork.None, "host" => RunNetwork.Host, _ => RunNetwork.Default },
            Security = security == "insecure" ? RunSecurity.Insecure : RunSecurity.Sandbox,
        };
        flags.RejectUnknown();
        var arguments = head.RequireArguments("RUN command, RUN [\"program\", \"argument\"] or RUN <<EOF");
        if (JsonForm.TryRead(head, arguments) is { } strings)
            return strings.Count > 0 ? run with { Command = CommandLine.Exec(strings) } : throw head.ArgumentError("RUN [] runs nothing: name a program");
        var words = HeredocWord.FindAll(head.Line.Text, arguments.Offset, isShell: true);
        if (words.Count == 0)
            return run with { Command = CommandLine.Shell(arguments.Text) };
        var heredocs = new List<Heredoc>();
        var script = new StringBuilder(arguments.Text);
        foreach (var word in words)
        {
            heredocs.Add(reader.ReadHeredoc(word, head.Line, out string raw));
            script.Append('\n').Append(raw).Append(word.Name);
        }

        // A heredoc alone is the script itself, so that a shell without heredocs, or another interpreter, can run it.
        if (words.Count == 1 && words[0].Length == arguments.Length)
        {
            bool isFile = heredocs[0].Content.StartsWith("#!", StringComparison.Ordinal);
            return run with { Command = CommandLine.Shell(heredocs[0].Content), Heredocs = heredocs, ScriptFile = isFile ? heredocs[0] : null };
        }

        return run with { Command = CommandLine.Shell(script.ToString()), Heredocs = heredocs };
    }

    private static RunDevice ReadDevice(InstructionHead head, string value, Token token)
    {
        string? name = null;
        bool required = false;
        foreach (string field in value.Split(',', StringSplitOptions.TrimEntries))
        {
            switch (field)
            {
                case "required" or "required=true" or "required=1":
                    required = true;
                    break;
                case "required=false" or "required=0":
                    required = false;
                    break;
                case var text when name is null && text.Length > 0:
                    name = text.StartsWith("name=", StringComparison.Ordinal) ? text["name=".Length..] : text;
                    break;
                default:
                    throw head.Error("ContainerfileFlagInvalid", $"--device is NAME or NAME,required, as in --device=vendor.com/gpu=all, not '{value}'", token);
            }
        }

        return name is { Length: > 0 } ? new RunDevice(name, required) : throw head.Error("ContainerfileFlagInvalid", "--device names no device", token);
    }

    private static RunMount ReadMount(InstructionHead head, string value, Token token)
    {
        try
        {
            return RunMountReader.Read(value, null);
        }
        catch (FormatException e)
        {
            throw head.Error("ContainerfileMount", e.Message, token);
        }
    }

    private static HealthcheckInstruction ParseHealthcheck(InstructionHead head, FlagSet flags)
    {
        var health = new HealthcheckInstruction
        {
            Interval = Duration(head, flags, "interval"),
            Timeout = Duration(head, flags, "timeout"),
            StartPeriod = Duration(head, flags, "start-period"),
            StartInterval = Duration(head, flags, "start-interval"),
            Retries = flags.Text("retries") switch
            {
                null => null,
                var text when int.TryParse(text, System.Globalization.NumberStyles.None, null, out int count) => count,
                var text => throw head.Error("ContainerfileFlagInvalid", $"--retries is a number of times, not '{text}'", flags.Token("retries")),
            },
        };
        flags.RejectUnknown();
        var arguments = head.RequireArguments("HEALTHCHECK [flags] CMD command, or HEALTHCHECK NONE");
        int end = 0;
        while (end < arguments.Length && !char.IsWhiteSpace(arguments.Text[end]))
            end++;
        string kind = arguments.Text[..end].ToUpperInvariant();
        string command = arguments.Text[end..].TrimStart();
        var rest = new Token(command, arguments.Offset + arguments.Length - command.Length, command.Length);
        switch (kind)
        {
            case "NONE" when command.Length > 0:
                throw head.Error("ContainerfileArguments", "HEALTHCHECK NONE takes no arguments", rest);
            case "NONE":
                return health;
            case "CMD":
                if (command.Length == 0)
                    throw head.ArgumentError("HEALTHCHECK CMD needs a command");
                var strings = JsonForm.TryRead(head, rest);
                if (strings is null)
                    JsonForm.RejectBroken(head, rest, isShell: true);
                if (strings is { Count: 0 })
                    throw head.ArgumentError("HEALTHCHECK CMD [] runs nothing: name a program");
                return health with { Command = strings is null ? CommandLine.Shell(command) : CommandLine.Exec(strings) };
            default:
                throw head.ArgumentError($"HEALTHCHECK is followed by CMD and a command, or by NONE, not by {arguments.Text[..end]}");
        }
    }

    private static TimeSpan? Duration(InstructionHead head, FlagSet flags, string name)
    {
        if (flags.Text(name) is not { } text)
            return null;
        if (!DurationText.TryParse(text, out var value) || value < TimeSpan.Zero)
            throw head.Error("ContainerfileFlagInvalid", $"--{name} is a time such as 30s, 1m30s or 500ms, not '{text}'", flags.Token(name));
        return value == TimeSpan.Zero || value >= TimeSpan.FromMilliseconds(1) ? value
            : throw head.Error("ContainerfileFlagInvalid", $"--{name} is 0 or at least 1ms, not {text}", flags.Token(name));
    }

    private static ShellInstruction ParseShell(InstructionHead head)
    {
        var arguments = head.RequireArguments("SHELL [\"program\", \"argument\"]");
        var strings = JsonForm.TryRead(head, arguments)
            ?? throw head.Error("ContainerfileJsonForm", $"SHELL takes a JSON array only, as in SHELL [\"/bin/bash\", \"-c\"]: {JsonForm.Problem(arguments.Text)}", arguments);
        return strings.Count > 0 ? new ShellInstruction { Arguments = strings } : throw head.ArgumentError("SHELL [] names no program");
    }

    private OnBuildInstruction ParseOnBuild(InstructionHead head)
    {
        var arguments = head.RequireArguments("ONBUILD instruction");
        string name = arguments.Text.Split((char[]?)null, 2)[0].ToUpperInvariant();
        if (name is "ONBUILD" or "FROM" or "MAINTAINER")
            throw head.ArgumentError($"{name} cannot be triggered by ONBUILD");
        var trigger = Parse(head.Line, arguments.Offset);
        var text = new StringBuilder(arguments.Text);
        // The config keeps the trigger as text: with its heredocs, in their own lines.
        var heredocs = trigger switch { RunInstruction run => run.Heredocs, FileTransferInstruction files => files.Heredocs, _ => [] };
        foreach (var heredoc in heredocs)
            text.Append('\n').Append(heredoc.Content).Append(heredoc.Name);
        return new OnBuildInstruction { Trigger = text.ToString(), Instruction = trigger };
    }
}
