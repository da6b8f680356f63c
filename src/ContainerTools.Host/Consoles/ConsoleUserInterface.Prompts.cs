using System.Collections.ObjectModel;
using System.Globalization;
using System.Management.Automation;
using System.Management.Automation.Host;
using System.Security;

namespace ContainerTools.Host.Consoles;

internal sealed partial class ConsoleUserInterface
{
    public override string ReadLine()
    {
        RequireInteraction("a line of input");
        return Console.In.ReadLine() ?? throw new PSInvalidOperationException("Standard input is at its end; nobody can answer.");
    }

    public override SecureString ReadLineAsSecureString()
    {
        RequireInteraction("a secret");
        var secret = new SecureString();
        if (Console.IsInputRedirected)
        {
            foreach (var character in ReadLine())
                secret.AppendChar(character);
            return secret;
        }
        for (var key = Console.ReadKey(intercept: true); key.Key != ConsoleKey.Enter; key = Console.ReadKey(intercept: true))
        {
            if (key.Key == ConsoleKey.Backspace && secret.Length > 0)
                secret.RemoveAt(secret.Length - 1);
            else if (!char.IsControl(key.KeyChar))
                secret.AppendChar(key.KeyChar);
        }
        WriteLine("");
        return secret;
    }

    public override Dictionary<string, PSObject> Prompt(string caption, string message, Collection<FieldDescription> descriptions)
    {
        RequireInteraction("values for " + string.Join(", ", descriptions.Select(d => d.Name)));
        WriteHeading(caption, message);
        var answers = new Dictionary<string, PSObject>();
        foreach (var field in descriptions)
        {
            Write(field.Name + ": ");
            var type = LanguagePrimitives.TryConvertTo<Type>(field.ParameterTypeFullName, out var known) ? known : typeof(string);
            object answer = type == typeof(SecureString) ? ReadLineAsSecureString() : ReadLine();
            answers[field.Name] = PSObject.AsPSObject(LanguagePrimitives.ConvertTo(answer, type, CultureInfo.InvariantCulture));
        }
        return answers;
    }

    public override int PromptForChoice(string caption, string message, Collection<ChoiceDescription> choices, int defaultChoice)
    {
        RequireInteraction("a confirmation");
        WriteHeading(caption, message);
        var labels = choices.Select(c => (Key: HotKey(c.Label), Text: c.Label.Replace("&", "", StringComparison.Ordinal))).ToList();
        while (true)
        {
            Write(string.Join("  ", labels.Select(l => $"[{l.Key}] {l.Text}")) + (defaultChoice >= 0 ? $" (default is \"{labels[defaultChoice].Key}\"): " : ": "));
            var answer = ReadLine().Trim();
            if (answer.Length == 0 && defaultChoice >= 0)
                return defaultChoice;
            var chosen = labels.FindIndex(l => l.Key.Equals(answer, StringComparison.OrdinalIgnoreCase) || l.Text.Equals(answer, StringComparison.OrdinalIgnoreCase));
            if (chosen >= 0)
                return chosen;
        }
    }

    public override PSCredential PromptForCredential(string caption, string message, string userName, string targetName) =>
        PromptForCredential(caption, message, userName, targetName, PSCredentialTypes.Default, PSCredentialUIOptions.Default);

    public override PSCredential PromptForCredential(
        string caption, string message, string userName, string targetName, PSCredentialTypes allowedCredentialTypes, PSCredentialUIOptions options)
    {
        RequireInteraction("a credential");
        WriteHeading(caption, message);
        if (string.IsNullOrEmpty(userName))
        {
            Write("User: ");
            userName = ReadLine();
        }
        Write($"Password for user {userName}: ");
        return new PSCredential(userName, ReadLineAsSecureString());
    }

    private static string HotKey(string label)
    {
        var mark = label.IndexOf('&', StringComparison.Ordinal);
        return mark >= 0 && mark + 1 < label.Length ? label[mark + 1].ToString().ToUpperInvariant() : label;
    }

    private void WriteHeading(string caption, string message)
    {
        if (!string.IsNullOrEmpty(caption))
            WriteLine(caption);
        if (!string.IsNullOrEmpty(message))
            WriteLine(message);
    }

    private void RequireInteraction(string what)
    {
        if (_nonInteractive)
            throw new PSInvalidOperationException($"The script asks for {what}, but this session is not interactive.");
    }
}
