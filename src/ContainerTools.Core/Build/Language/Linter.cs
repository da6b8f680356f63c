using System.Text.RegularExpressions;

namespace ContainerTools.Core.Build.Language;

/// <summary>Finds what can be found in the text alone; what depends on values is found when the scope of a stage expands them.</summary>
internal static partial class Linter
{
    internal static IReadOnlyList<LintWarning> Check(Containerfile file, List<int> emptyContinuations)
    {
        var found = new LintFilter(file.Directives);
        foreach (int line in emptyContinuations)
            found.Add(LintRules.NoEmptyContinuation, "An empty line follows a continuation character; in a later version it ends the instruction", new SourceRange(line, 1, line, 1));
        CheckCasing(file, found);
        CheckStageNames(file, found);
        foreach (var argument in file.GlobalArguments)
            CheckDescription(found, argument, [.. argument.Arguments.Select(a => a.Name)]);
        foreach (var stage in file.Stages)
        {
            if (stage.Name is { } name)
                CheckDescription(found, stage.From, [name]);
            CheckStage(file, stage, found);
        }

        FromLinter.Check(file, found);
        return found.Warnings;
    }

    private static void CheckCasing(Containerfile file, LintFilter found)
    {
        var all = file.Stages.SelectMany(s => s.Instructions.Prepend(s.From)).ToList();
        int lower = all.Count(i => !i.Keyword.Any(char.IsUpper));
        int upper = all.Count(i => !i.Keyword.Any(char.IsLower));
        foreach (var instruction in all)
        {
            string right = lower > upper ? instruction.Keyword.ToLowerInvariant() : instruction.Name;
            if (instruction.Keyword != right)
                found.Add(LintRules.ConsistentInstructionCasing, $"'{instruction.Keyword}' should be written {right}, as most instructions here are", instruction);
        }
    }

    private static void CheckStageNames(Containerfile file, LintFilter found)
    {
        var seen = new Dictionary<string, int>();
        foreach (var from in file.Stages.Select(s => s.From))
        {
            if (from.StageName is not { } name)
                continue;
            string[] words = from.Summary.Split(' ');
            string written = words[^1];
            string keyword = words[^2];
            if (written != name)
                found.Add(LintRules.StageNameCasing, $"The stage name '{written}' should be in lower case", from);
            bool isLower = !from.Keyword.Any(char.IsUpper);
            bool isUpper = !from.Keyword.Any(char.IsLower);
            if ((isLower && keyword.Any(char.IsUpper)) || (isUpper && keyword.Any(char.IsLower)))
                found.Add(LintRules.FromAsCasing, $"'{keyword}' should be in the same case as '{from.Keyword}'", from);
            if (name is "scratch" or "context")
                found.Add(LintRules.ReservedStageName, $"'{name}' has a meaning of its own, and should not name a stage", from);
            if (!seen.TryAdd(name, from.Range.StartLine))
                found.Add(LintRules.DuplicateStageName, $"The stage name '{name}' is taken already, in line {seen[name]}", from);
        }
    }

    private static void CheckStage(Containerfile file, Stage stage, LintFilter found)
    {
        var last = new Dictionary<string, Instruction>();
        bool ownShell = HasOwnShell(file, stage);
        foreach (var instruction in stage.Instructions)
        {
            if (instruction is CmdInstruction or EntrypointInstruction or HealthcheckInstruction)
            {
                // The earlier one is what the warning is about: it has no effect.
                if (last.TryGetValue(instruction.Name, out var earlier))
                    found.Add(LintRules.MultipleInstructionsDisallowed, $"This {instruction.Name} has no effect: the one in line {instruction.Range.StartLine} replaces it", earlier);
                last[instruction.Name] = instruction;
            }

            switch (instruction)
            {
                case ShellInstruction:
                    ownShell = true;
                    break;
                case CmdInstruction { Command: { IsShellForm: true } command } when !ownShell || JsonForm.LooksBroken(Text(command), true):
                    RecommendJson(found, instruction, command);
                    break;
                case EntrypointInstruction { Command: { IsShellForm: true } command } when !ownShell || JsonForm.LooksBroken(Text(command), true):
                    RecommendJson(found, instruction, command);
                    break;
                case RunInstruction { Command: { IsShellForm: true } command, Heredocs.Count: 0 } when JsonForm.LooksBroken(Text(command), true):
                    RecommendJson(found, instruction, command);
                    break;
                case MaintainerInstruction:
                    found.Add(LintRules.MaintainerDeprecated, "MAINTAINER is deprecated: use LABEL org.opencontainers.image.authors=\"...\"", instruction);
                    break;
                case EnvInstruction env:
                    if (env.IsLegacyForm)
                        found.Add(LintRules.LegacyKeyValueFormat, $"Write ENV {env.Variables[0].Name}=value; the form without '=' is deprecated", instruction);
                    CheckSecrets(found, instruction, env.Variables);
                    break;
                case LabelInstruction { IsLegacyForm: true } label:
                    found.Add(LintRules.LegacyKeyValueFormat, $"Write LABEL {label.Labels[0].Name}=value; the form without '=' is deprecated", instruction);
                    break;
                case ArgInstruction arg:
                    CheckSecrets(found, instruction, arg.Arguments);
                    CheckDescription(found, instruction, [.. arg.Arguments.Select(a => a.Name)]);
                    break;
                default:
                    break;
            }
        }
    }

    private static string Text(CommandLine command) => command.Arguments is [var text] ? text : "";

    private static void RecommendJson(LintFilter found, Instruction instruction, CommandLine command)
    {
        string text = Text(command);
        found.Add(LintRules.JSONArgsRecommended, JsonForm.LooksBroken(text, true)
            ? $"{instruction.Name}'s arguments look like a JSON array but are none, so that a shell runs them: {JsonForm.Problem(text)}"
            : $"{instruction.Name} should have the JSON form, {instruction.Name} [\"program\", \"argument\"]: signals do not get through the shell that runs it otherwise", instruction);
    }

    private static bool HasOwnShell(Containerfile file, Stage stage)
    {
        for (var below = file.FindStage(stage.BaseName, stage.Index, false); below is not null; below = file.FindStage(below.BaseName, below.Index, false))
        {
            if (below.Instructions.Any(i => i is ShellInstruction))
                return true;
        }

        return false;
    }

    private static void CheckSecrets(LintFilter found, Instruction instruction, IReadOnlyList<Assignment> assignments)
    {
        foreach (var assignment in assignments)
        {
            if (Secret().IsMatch(assignment.Name) && !NoSecret().IsMatch(assignment.Name))
            {
                found.Add(LintRules.SecretsUsedInArgOrEnv,
                    $"{instruction.Name} '{assignment.Name}' looks like a secret, and everybody who has the image can read it: use RUN --mount=type=secret", instruction, assignment.Range);
            }
        }
    }

    private static void CheckDescription(LintFilter found, Instruction instruction, string[] names)
    {
        if (instruction.Comments is [.., var comment] && !names.Contains(comment.Split(' ', 2)[0]))
        {
            found.Add(LintRules.InvalidDefinitionDescription,
                $"The comment above {instruction.Name} should begin with '{(names.Length == 1 ? names[0] : "the argument's name")}', or an empty line should follow it", instruction);
        }
    }

    [GeneratedRegex("(?:^|_)(?:apikey|auth|credentials?|key|password|pword|passwd|secret|token)(?:_|$)", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Secret();

    [GeneratedRegex("(?:^|_)(?:public|file|version)(?:_|$)", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex NoSecret();
}
